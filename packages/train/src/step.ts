import {
  emaDecay,
  learningRateFactor,
  trainingScalars,
  type Executable,
  type TensorData,
} from '@rewardedit/graph';
import type { TrainConfig } from './config.ts';
import { keepsAverages } from './used-entry.ts';

/** The compiled programs of a run. */
export interface TrainingExecutables {
  readonly batch: Executable;
  readonly apply?: Executable | undefined;
}

export interface StepResult {
  readonly loss: number;
  readonly learningRate: number;
  /** Before clipping. If it is not finite, the step changed nothing. */
  readonly gradientNorm: number;
  /** Spread of a Q-Former's queries (`querySpread`); near 0 they are all the same. */
  readonly querySpread?: number;
  /** Next-token loss of the model's own decoder, if it has a weight. */
  readonly languageLoss?: number;
}

/**
 * Runs one training step.
 *
 * @param step number of steps done before, of which `skipped` changed nothing and do not count for moments and averages.
 * @param inputs returns the inputs of micro-batch 0, 1, ... of the run.
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

/** Returns whether a step changed the weights. */
export function isFinite({ loss, gradientNorm }: StepResult): boolean {
  return Number.isFinite(loss) && Number.isFinite(gradientNorm);
}
