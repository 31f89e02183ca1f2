import {
  emaDecay,
  learningRateFactor,
  trainingScalars,
  type Executable,
  type TensorData,
} from '@rewardedit/graph';
import type { TrainConfig } from './config.ts';
import { keepsAverages } from './used-entry.ts';

/** The programs of a run, ready. */
export interface TrainingExecutables {
  readonly batch: Executable;
  readonly apply?: Executable | undefined;
}

export interface StepResult {
  readonly loss: number;
  readonly learningRate: number;
  /** Before clipping. Where it is not finite, the step changed nothing. */
  readonly gradientNorm: number;
  /** How far a Q-Former's queries are from one another (`querySpread`); near 0 it tells the U-Net one thing many times. */
  readonly querySpread?: number;
  /** Of a decoder of the model's own, where it is trained to say the next word. */
  readonly languageLoss?: number;
}

/**
 * Carries out one training step.
 *
 * @param step steps done before it; of which `skipped` changed nothing, and count for nothing in the moments and averages.
 * @param inputs the inputs of micro-batch number 0, 1, ... of the run.
 */
export async function runStep(
  { batch, apply }: TrainingExecutables,
  { step, skipped }: { readonly step: number; readonly skipped: number },
  config: TrainConfig,
  inputs: (number: number) => Promise<Record<string, TensorData>>,
): Promise<StepResult> {
  const factor = learningRateFactor(config.schedule, step, {
    warmupSteps: config.warmupSteps,
    trainingSteps: config.steps,
  });
  const learningRate = config.learningRate * factor;
  const scalars = trainingScalars({
    step: step - skipped + 1,
    learningRate,
    adamw: config,
    emaDecay: keepsAverages(config) ? emaDecay(step - skipped + 1, { decay: config.emaDecay }) : undefined,
  });
  let loss = 0;
  let outputs: Record<string, TensorData> = {};
  for (let micro = 0; micro < config.accumulation; micro++) {
    const given = await inputs(step * config.accumulation + micro);
    outputs = await batch.run(apply ? given : { ...given, ...scalars });
    loss += outputs['loss'][0] / config.accumulation;
  }
  const { query_spread: spread, language_loss: language } = outputs;
  if (apply) outputs = await apply.run(scalars);
  return {
    loss,
    learningRate,
    gradientNorm: outputs['gradient_norm'][0],
    ...(spread && { querySpread: spread[0] }),
    ...(language && { languageLoss: language[0] }),
  };
}

/** Whether a step did anything. */
export function isFinite({ loss, gradientNorm }: StepResult): boolean {
  return Number.isFinite(loss) && Number.isFinite(gradientNorm);
}
