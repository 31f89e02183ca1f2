import { add, div, equal, maximum, minimum, mul, select } from '../ops/elementwise.ts';
import { constant, state } from '../ops/leaf.ts';
import { mapTensors, type NamedTensors, type Tensor } from '../tensor.ts';
import { stateNames } from './state-names.ts';

/**
 * How a loss is scaled, so that small gradients do not become zero in f16 (Micikevicius et al., arXiv 1710.03740; the
 * defaults are those of `torch.amp.GradScaler`).
 */
export interface LossScaleSettings {
  /** The factor of the loss in the first step, 65536 by default. */
  readonly initial?: number;
  /** What it is multiplied by after so many steps in a row that were not skipped: 2 after 2000 by default. */
  readonly growth?: number;
  readonly interval?: number;
  /** What it is multiplied by after a step that was skipped, 1/2 by default. */
  readonly backoff?: number;
}

/** Bounds of the factor, in which its inverse is exact enough for float32. */
const [LEAST, LARGEST] = [2 ** -20, 2 ** 30];

const scale = () => state(stateNames.lossScale, []);

/** The loss as gradients are to be taken of it. */
export function scaledLoss(loss: Tensor): Tensor {
  return mul(loss, scale());
}

/** The gradients of the loss, from those of the scaled one. */
export function unscaled(gradients: NamedTensors): NamedTensors {
  const inverse = div(1, scale());
  return mapTensors(gradients, (gradient) => mul(gradient, inverse));
}

/**
 * The factor of the next step, smaller after one that was skipped, larger after enough that were not; and how many steps
 * were taken, in a row and in all.
 *
 * @param good 1 where the gradients of this step are finite, 0 where not.
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

/** What the state entries of a scaled loss start at. */
export function initialLossScale({ initial = 65536 }: LossScaleSettings): Record<string, Float32Array> {
  return {
    [stateNames.lossScale]: Float32Array.of(initial),
    [stateNames.goodSteps]: Float32Array.of(0),
    [stateNames.steps]: Float32Array.of(0),
  };
}
