import type { Shape } from '../shape.ts';

/** Returns the index of every element of a shape, in row-major order. */
export function indicesOf(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (indices, size) => indices.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  );
}

/** Returns the element at this index. */
export function elementAt(values: ArrayLike<number>, shape: Shape, index: readonly number[]): number {
  return values[index.reduce((position, i, axis) => position * shape[axis] + i, 0)];
}

/** Returns the element that broadcasting repeats at this index of a larger shape. */
export function broadcastElementAt(
  values: ArrayLike<number>,
  shape: Shape,
  index: readonly number[],
): number {
  const own = index.slice(index.length - shape.length).map((i, axis) => Math.min(i, shape[axis] - 1));
  return elementAt(values, shape, own);
}
