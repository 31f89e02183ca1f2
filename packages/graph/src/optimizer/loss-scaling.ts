import { add, div, equal, maximum, minimum, mul, select } from '../ops/elementwise.ts';
import { constant, state } from '../ops/leaf.ts';
import { mapTensors, type NamedTensors, type Tensor } from '../tensor.ts';
import { stateNames } from './state-names.ts';

/**
 * Dynamic loss scaling, which keeps small f16 gradients from underflowing to zero (Micikevicius et al., arXiv
 * 1710.03740; defaults from `torch.amp.GradScaler`).
 */
export interface LossScaleSettings {
  /** The initial scale, 65536 by default. */
  readonly initial?: number;
  /** The growth factor after `interval` consecutive steps without a skip: 2 after 2000 by default. */
  readonly growth?: number;
  readonly interval?: number;
  /** The factor after a skipped step, 1/2 by default. */
  readonly backoff?: number;
}

/** Bounds of the scale, within which its inverse is accurate enough in f32. */
const [LEAST, LARGEST] = [2 ** -20, 2 ** 30];

const scale = () => state(stateNames.lossScale, []);

/** Returns the scaled loss, of which gradients are taken. */
export function scaledLoss(loss: Tensor): Tensor {
  return mul(loss, scale());
}

/** Returns the gradients of the loss from those of the scaled loss. */
export function unscaled(gradients: NamedTensors): NamedTensors {
  const inverse = div(1, scale());
  return mapTensors(gradients, (gradient) => mul(gradient, inverse));
}

/**
 * Updates the scale, which shrinks after a skipped step and grows after enough steps without one, and the
 * counts of steps: since the last change of the scale, and in total.
 *
 * @param good 1 if the gradients of this step are finite, else 0.
 */
export function lossScaleUpdates(
  good: Tensor,
  { growth = 2, interval = 2000, backoff = 0.5 }: LossScaleSettings,
): NamedTensors {
  const run = mul(good, add(state(stateNames.goodSteps, []), 1));
  const complete = equal(run, interval);
  const grown = minimum(mul(scale(), growth), LARGEST);
  const shrunk = maximum(mul(scale(), backoff), LEAST);
  return {
    [stateNames.lossScale]: select(good, select(complete, grown, scale()), shrunk),
    [stateNames.goodSteps]: select(complete, constant(0), run),
    [stateNames.steps]: add(state(stateNames.steps, []), good),
  };
}

/** Returns the initial values of a scaled loss's state entries. */
export function initialLossScale({ initial = 65536 }: LossScaleSettings): Record<string, Float32Array> {
  return {
    [stateNames.lossScale]: Float32Array.of(initial),
    [stateNames.goodSteps]: Float32Array.of(0),
    [stateNames.steps]: Float32Array.of(0),
  };
}
