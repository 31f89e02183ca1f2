import { greater, select } from '../ops/elementwise.ts';
import { state } from '../ops/leaf.ts';
import { broadcastTo } from '../ops/movement.ts';
import { mapTensors, type NamedTensors, type Tensor } from '../tensor.ts';

const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

/**
 * Returns 1 if the gradient norm is finite, 0 if it is infinite or NaN.
 *
 * @param norm a non-negative scalar.
 */
export function isFinite(norm: Tensor): Tensor {
  // False for infinity and NaN.
  return greater(LARGEST_FLOAT32, norm);
}

/**
 * Applies updates if a scalar condition is 1; if it is 0, every entry keeps its old value. Otherwise one
 * overflow would stay in the weights, moments and averages for good.
 */
export function onlyIf(condition: Tensor, updates: NamedTensors): NamedTensors {
  return mapTensors(updates, (value, name) =>
    select(broadcastTo(condition, value.shape), value, state(name, value.shape, value.dtype)),
  );
}
