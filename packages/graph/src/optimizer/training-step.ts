import type { DTypes } from '../dtype.ts';
import { gradientsWhereReached } from '../gradients.ts';
import { cast } from '../ops/cast.ts';
import { sub } from '../ops/elementwise.ts';
import { state } from '../ops/leaf.ts';
import { reshape } from '../ops/movement.ts';
import { program, type Program } from '../program.ts';
import { mapTensors, type NamedTensors, type Tensor } from '../tensor.ts';
import { accumulate } from './accumulation.ts';
import { adamwScalars, adamwUpdates, type AdamWSettings } from './adamw-updates.ts';
import { clipByGlobalNorm, globalNorm } from './gradient-clipping.ts';
import { isFinite, onlyIf } from './finite-step.ts';
import { lossScaleUpdates, scaledLoss, unscaled, type LossScaleSettings } from './loss-scaling.ts';
import { emaUpdates } from './moving-average.ts';
import { stateNames } from './state-names.ts';

/** Outputs under these names, and maybe more. */
type Numbers<Names extends string> = DTypes & Readonly<Record<Names, 'f32'>>;

/** A program whose outputs are the loss and the norm of its gradients. */
export type TrainingStep = Program<DTypes, Numbers<'loss' | 'gradient_norm' | 'skipped'>>;

export interface TrainingStepOptions {
  /** A single number; the mean over the batch, if micro-batches are to make up a larger one. */
  readonly loss: Tensor;
  /** What is trained: state leaves, by their names. What is not listed stays frozen. */
  readonly parameters: NamedTensors;
  readonly adamw: AdamWSettings;
  /**
   * Gradients are shortened to this common norm where theirs is larger. Without it they are left as they are.
   */
  readonly maxNorm?: number | undefined;
  /** Keeps a moving average of the parameters. */
  readonly ema?: boolean | undefined;
  /** Scales the loss by a factor that adapts, for gradients that pass through f16. */
  readonly lossScale?: LossScaleSettings | undefined;
}

/**
 * One training step as one program: loss, gradients, clipping, AdamW and the moving average. Where a gradient is not finite,
 * the step is skipped: everything in the state keeps its value, but the factor of a scaled loss, which becomes smaller.
 *
 * Inputs: those of the loss, and the scalars of `trainingScalars`. State: the parameters, and the entries of `stateNames`,
 * which start as said there. Outputs, all scalars from before the step: `loss`, `gradient_norm` before clipping, `skipped`
 * (1 or 0), and with a scaled loss its factor, `loss_scale`.
 *
 * @throws Error for a parameter that the loss does not depend on, or that is not f32.
 */
export function trainingStep(options: TrainingStepOptions): TrainingStep {
  const { updates, outputs } = descend(lossGradients(options), options);
  return program({ outputs: { ...outputs, loss: number(options.loss) }, updates });
}

/** The two programs of a training step over several micro-batches. */
export interface AccumulatedTrainingStep {
  /** Runs once for each micro-batch, on its part of the inputs. Output: its `loss`. */
  readonly collect: Program<DTypes, Numbers<'loss'>>;
  /** Runs after the last micro-batch, on the scalars of `trainingScalars` alone. Outputs: those of the step but `loss`. */
  readonly apply: Program<DTypes, Numbers<'gradient_norm' | 'skipped'>>;
}

/**
 * The same step for a batch that does not fit into memory: `collect` for each of `microBatches` equal parts,
 * then `apply`. Both share the state, with one entry more for each parameter (`stateNames.gradient`), which
 * starts at zero and is zero again after `apply`.
 */
export function accumulatedTrainingStep(
  options: TrainingStepOptions,
  microBatches: number,
): AccumulatedTrainingStep {
  const { collecting, gradients, clearing } = accumulate(lossGradients(options), microBatches);
  const { updates, outputs } = descend(gradients, options);
  return {
    collect: program({ outputs: { loss: number(options.loss) }, updates: collecting }),
    apply: program({ outputs, updates: { ...updates, ...clearing } }),
  };
}

/** A scalar as it is handed out. */
function number(x: Tensor): Tensor<unknown, 'f32'> {
  return cast(reshape(x, []), 'f32');
}

/** The gradients of the loss, or of the scaled loss. */
function lossGradients({ loss, parameters, lossScale }: TrainingStepOptions): NamedTensors {
  const names = Object.keys(parameters);
  const wrong = names.filter((name) => parameters[name].dtype !== 'f32');
  if (wrong.length > 0)
    throw new Error(`trainingStep: what is trained is kept in f32, unlike ${quoted(wrong)}.`);
  const found = gradientsWhereReached(lossScale ? scaledLoss(loss) : loss, Object.values(parameters));
  const unreached = names.filter((_, i) => found[i] === undefined);
  if (unreached.length > 0)
    throw new Error(
      `trainingStep: the loss does not depend on ${quoted(unreached)}, which would only decay.`,
    );
  return Object.fromEntries(names.map((name, i) => [name, found[i]!]));
}

/** At most five names. */
function quoted(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `"${name}"`);
  return names.length > 5 ? `${shown.join(', ')} and ${names.length - 5} more` : shown.join(', ');
}

/** Everything from the gradients on. */
function descend(
  found: NamedTensors,
  { parameters, adamw, maxNorm, ema = false, lossScale }: TrainingStepOptions,
): {
  updates: NamedTensors;
  outputs: NamedTensors & Readonly<Record<'gradient_norm' | 'skipped', Tensor<unknown, 'f32'>>>;
} {
  const gradients = lossScale ? unscaled(found) : found;
  const clipped =
    maxNorm === undefined ? { gradients, norm: globalNorm(gradients) } : clipByGlobalNorm(gradients, maxNorm);
  const updates = adamwUpdates({ parameters, gradients: clipped.gradients, ...adamw });
  const averages = ema ? emaUpdates(mapTensors(parameters, (_, name) => updates[name])) : {};
  const finite = isFinite(clipped.norm);
  return {
    updates: {
      ...onlyIf(finite, { ...updates, ...averages }),
      ...(lossScale && lossScaleUpdates(finite, lossScale)),
    },
    outputs: {
      gradient_norm: number(clipped.norm),
      skipped: number(sub(1, finite)),
      ...(lossScale && { loss_scale: state(stateNames.lossScale, []) }),
    },
  };
}

/** The scalar inputs of a training step, ready to be handed in beside the batch. */
export function trainingScalars({
  step,
  learningRate,
  adamw,
  emaDecay,
}: {
  /** 1, 2, ...: one more than the steps taken, of which those that were skipped are none. */
  step: number;
  learningRate: number;
  adamw: Pick<AdamWSettings, 'betas'>;
  /** For a step that keeps a moving average; from the function `emaDecay`. */
  emaDecay?: number | undefined;
}): Record<string, Float32Array> {
  const scalars = {
    learning_rate: learningRate,
    ...adamwScalars(step, adamw.betas),
    ...(emaDecay !== undefined && { ema_decay: emaDecay }),
  };
  return Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, Float32Array.of(value)]));
}
