import { greater, select } from '../ops/elementwise.ts';
import { state } from '../ops/leaf.ts';
import { broadcastTo } from '../ops/movement.ts';
import { mapTensors, type NamedTensors, type Tensor } from '../tensor.ts';

const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

/**
 * The updates of a step, but where the gradients' norm is infinite or not a number: every entry then keeps its
 * old value. One overflow would otherwise be in the weights, the moments and the averages for good.
 *
 * @param norm a scalar of zero or more, from the same run.
 */
export function onlyIfFinite(norm: Tensor, updates: NamedTensors): NamedTensors {
  // False for infinity, and for what is not a number.
  const finite = greater(LARGEST_FLOAT32, norm);
  return mapTensors(updates, (value, name) =>
    select(broadcastTo(finite, value.shape), value, state(name, value.shape, value.dtype)),
  );
}
