import { bytesOf } from '../memory.ts';
import { nodesOf, type Program } from '../program.ts';
import type { Tensor } from '../tensor.ts';

/** Ops whose values exist before the program runs. */
const LEAVES = new Set(['input', 'state', 'constant']);

/** Ops whose result is a view of their first input and needs no buffer. */
const VIEWS = new Set(['reshape', 'after']);

/**
 * Returns the peak bytes of live intermediate values if nodes run in the order they were built, each computed
 * literally and freed after its last use. A backend with other algorithms (attention without materialized
 * weights, convolution by shifted copies) needs a different amount.
 */
export function activationBytes(program: Program): number {
  const order = nodesOf(program);
  const lastUse = new Map<Tensor, number>();
  order.forEach((tensor, position) => {
    for (const input of tensor.inputs) extend(input, position);
  });
  for (const result of [...Object.values(program.outputs), ...Object.values(program.updates)]) {
    extend(result, order.length);
  }

  /** A value lives as long as the last use of any view of it. */
  function extend(tensor: Tensor, position: number): void {
    lastUse.set(tensor, Math.max(lastUse.get(tensor) ?? 0, position));
    if (VIEWS.has(tensor.op.name)) extend(tensor.inputs[0], position);
  }

  const freed = Array.from({ length: order.length + 1 }, () => 0);
  let current = 0;
  let peak = 0;
  order.forEach((tensor, position) => {
    if (!LEAVES.has(tensor.op.name) && !VIEWS.has(tensor.op.name)) {
      current += bytesOf(tensor);
      freed[lastUse.get(tensor) ?? position] += bytesOf(tensor);
    }
    peak = Math.max(peak, current);
    current -= freed[position];
  });
  return peak;
}
