import { greater, select } from '../ops/elementwise.ts';
import { state } from '../ops/leaf.ts';
import { broadcastTo } from '../ops/movement.ts';
import { mapTensors, type NamedTensors, type Tensor } from '../tensor.ts';

const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

/**
 * Whether the gradients' norm is finite: 1, or 0 where it is infinite or not a number.
 *
 * @param norm a scalar of zero or more.
 */
export function isFinite(norm: Tensor): Tensor {
  // False for infinity, and for what is not a number.
  return greater(LARGEST_FLOAT32, norm);
}

/**
 * The updates of a step where a condition, a scalar, is 1; where it is 0, every entry keeps its old value. One overflow
 * would otherwise be in the weights, the moments and the averages for good.
 */
export function onlyIf(condition: Tensor, updates: NamedTensors): NamedTensors {
  return mapTensors(updates, (value, name) =>
    select(broadcastTo(condition, value.shape), value, state(name, value.shape, value.dtype)),
  );
}
