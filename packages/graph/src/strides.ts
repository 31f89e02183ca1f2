import type { Shape } from './shape.ts';

/** Distance in elements between neighbours along each axis of a contiguous tensor. */
export function stridesOf(shape: Shape): number[] {
  const strides = Array.from({ length: shape.length }, () => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

/**
 * Where each element of a tensor of this shape lies in an array: the first at `first`, neighbours along an
 * axis as far apart as its stride says. A stride of 0 is an axis along which the same element is met again.
 */
export function positionsOf(shape: Shape, strides: readonly number[], first = 0): Int32Array {
  let positions = Int32Array.of(first);
  for (const [axis, size] of shape.entries()) {
    const outer = positions;
    positions = new Int32Array(outer.length * size);
    for (let i = 0; i < positions.length; i++) {
      positions[i] = outer[Math.floor(i / size)] + (i % size) * strides[axis];
    }
  }
  return positions;
}
