import type { Shape } from './shape.ts';

/** Returns the strides of a contiguous tensor, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = Array.from({ length: shape.length }, () => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

/**
 * Returns the array position of each element of a tensor of this shape, from a base offset and strides in
 * elements. A stride of 0 repeats the same element along its axis.
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
