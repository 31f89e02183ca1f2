import type { Shape } from './shape.ts';
import { positionsOf, stridesOf } from './strides.ts';

/**
 * Returns the common shape of `a` and `b` under NumPy's broadcasting rule, or undefined if they do not
 * broadcast.
 */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const sizeA = a[axis - rank + a.length] ?? 1;
    const sizeB = b[axis - rank + b.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) return undefined;
    result.push(sizeA === 1 ? sizeB : sizeA);
  }
  return result;
}

/** Returns the source position of each element of a tensor broadcast from one shape to another. */
export function broadcastPositions(from: Shape, to: Shape): Int32Array {
  const padded = [...to.slice(from.length).map(() => 1), ...from];
  const strides = stridesOf(padded).map((stride, axis) => (padded[axis] === 1 ? 0 : stride));
  return positionsOf(to, strides);
}
