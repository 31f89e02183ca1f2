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

/** At least these scalar outputs. */
type Numbers<Names extends string> = DTypes & Readonly<Record<Names, 'f32'>>;

/** A program with the loss and the norm of its gradients among its outputs. */
export type TrainingStep = Program<DTypes, Numbers<'loss' | 'gradient_norm' | 'skipped'>>;

export interface TrainingStepOptions {
  /** A scalar; for micro-batches, the mean over the batch. */
  readonly loss: Tensor;
  /** The trained parameters: state leaves by name. All other state stays frozen. */
  readonly parameters: NamedTensors;
  readonly adamw: AdamWSettings;
  /** Clips gradients to this global norm. Without it, they are not clipped. */
  readonly maxNorm?: number | undefined;
  /** Keeps a moving average of the parameters. */
  readonly ema?: boolean | undefined;
  /** Enables dynamic loss scaling, for gradients that pass through f16. */
  readonly lossScale?: LossScaleSettings | undefined;
}

/**
 * Builds one training step as one program: loss, gradients, clipping, AdamW and the moving average. If a
 * gradient is not finite, the step is skipped: the whole state keeps its values, except the loss scale, which
 * shrinks.
 *
 * Inputs: those of the loss, and the scalars of `trainingScalars`. State: the parameters, and the entries of
 * `stateNames` with the initial values given there. Outputs, all scalars from before the step: `loss`,
 * `gradient_norm` before clipping, `skipped` (1 or 0), and with loss scaling `loss_scale`.
 *
 * @throws Error for a parameter that the loss does not depend on, or that is not f32.
 */
export function trainingStep(options: TrainingStepOptions): TrainingStep {
  const { updates, outputs } = descend(lossGradients(options), options);
  return program({ outputs: { ...outputs, loss: number(options.loss) }, updates });
}

/** The two programs of a training step over several micro-batches. */
export interface AccumulatedTrainingStep {
  /** Runs once per micro-batch, on its part of the inputs. Output: its `loss`. */
  readonly collect: Program<DTypes, Numbers<'loss'>>;
  /**
   * Runs after the last micro-batch, on the scalars of `trainingScalars` only. Outputs: those of the step,
   * except `loss`.
   */
  readonly apply: Program<DTypes, Numbers<'gradient_norm' | 'skipped'>>;
}

/**
 * The same step for a batch that exceeds memory: `collect` for each of `microBatches` equal parts, then
 * `apply`. Both share the state, with one more entry per parameter (`stateNames.gradient`), which starts at
 * zero and is zero again after `apply`.
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

/** A scalar as an f32 output. */
function number(x: Tensor): Tensor<unknown, 'f32'> {
  return cast(reshape(x, []), 'f32');
}

/** The gradients of the loss, or of the scaled loss. */
function lossGradients({ loss, parameters, lossScale }: TrainingStepOptions): NamedTensors {
  const names = Object.keys(parameters);
  const wrong = names.filter((name) => parameters[name].dtype !== 'f32');
  if (wrong.length > 0)
    throw new Error(`trainingStep: trained parameters must be f32, unlike ${quoted(wrong)}.`);
  const found = gradientsWhereReached(lossScale ? scaledLoss(loss) : loss, Object.values(parameters));
  const unreached = names.filter((_, i) => found[i] === undefined);
  if (unreached.length > 0)
    throw new Error(
      `trainingStep: the loss does not depend on ${quoted(unreached)}, which would only decay.`,
    );
  return Object.fromEntries(names.map((name, i) => [name, found[i]!]));
}

/** Lists at most five names. */
function quoted(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `"${name}"`);
  return names.length > 5 ? `${shown.join(', ')} and ${names.length - 5} more` : shown.join(', ');
}

/** Everything after the backward pass. */
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

/** Returns the scalar inputs of a training step, to be passed along with the batch. */
export function trainingScalars({
  step,
  learningRate,
  adamw,
  emaDecay,
}: {
  /** 1, 2, ...: one more than the steps taken, not counting skipped ones. */
  step: number;
  learningRate: number;
  adamw: Pick<AdamWSettings, 'betas'>;
  /** For a step with a moving average; computed by `emaDecay`. */
  emaDecay?: number | undefined;
}): Record<string, Float32Array> {
  const scalars = {
    learning_rate: learningRate,
    ...adamwScalars(step, adamw.betas),
    ...(emaDecay !== undefined && { ema_decay: emaDecay }),
  };
  return Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, Float32Array.of(value)]));
}
