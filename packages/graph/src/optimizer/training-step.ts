import { gradients } from '../gradients.ts';
import { reshape } from '../ops/movement.ts';
import { program, type Program } from '../program.ts';
import { mapTensors, type NamedTensors, type Tensor } from '../tensor.ts';
import { accumulate } from './accumulation.ts';
import { adamwScalars, adamwUpdates, type AdamWSettings, type Descent } from './adamw-updates.ts';
import { clipByGlobalNorm, globalNorm } from './gradient-clipping.ts';
import { onlyIfFinite } from './finite-step.ts';
import { emaUpdates } from './moving-average.ts';

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
}

/**
 * One training step as one program: loss, gradients, clipping, AdamW and the moving average.
 *
 * Inputs: those of the loss, and the scalars of `trainingScalars`. State: the parameters, and for each the
 * entries of `stateNames`; the moments start at zero, the moving average as a copy of the parameter. Outputs:
 * `loss`, and `gradient_norm` before clipping, both scalars and both from before the step. Where that norm is
 * not finite, the step changes nothing (`onlyIfFinite`).
 */
export function trainingStep(options: TrainingStepOptions): Program {
  const { updates, norm } = descend(lossGradients(options), options);
  return program({ outputs: { loss: reshape(options.loss, []), gradient_norm: norm }, updates });
}

/** The two programs of a training step over several micro-batches. */
export interface AccumulatedTrainingStep {
  /** Runs once for each micro-batch, on its part of the inputs. Output: its `loss`. */
  readonly collect: Program;
  /** Runs after the last micro-batch, on the scalars of `trainingScalars` alone. Output: `gradient_norm`. */
  readonly apply: Program;
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
  const { updates, norm } = descend(gradients, options);
  return {
    collect: program({ outputs: { loss: reshape(options.loss, []) }, updates: collecting }),
    apply: program({ outputs: { gradient_norm: norm }, updates: { ...updates, ...clearing } }),
  };
}

function lossGradients({ loss, parameters }: TrainingStepOptions): NamedTensors {
  const found = gradients(loss, Object.values(parameters));
  return Object.fromEntries(Object.keys(parameters).map((name, i) => [name, found[i]]));
}

/** Everything from the gradients on. */
function descend(
  gradients: Descent['gradients'],
  { parameters, adamw, maxNorm, ema = false }: TrainingStepOptions,
): { updates: NamedTensors; norm: Tensor } {
  const clipped =
    maxNorm === undefined ? { gradients, norm: globalNorm(gradients) } : clipByGlobalNorm(gradients, maxNorm);
  const updates = adamwUpdates({ parameters, gradients: clipped.gradients, ...adamw });
  const averages = ema ? emaUpdates(mapTensors(parameters, (_, name) => updates[name])) : {};
  return { updates: onlyIfFinite(clipped.norm, { ...updates, ...averages }), norm: clipped.norm };
}

/** The scalar inputs of a training step, ready to be handed in beside the batch. */
export function trainingScalars({
  step,
  learningRate,
  adamw,
  emaDecay,
}: {
  /** 1, 2, ... */
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
