import type { Shape } from '../shape.ts';

/** The index of every element of a tensor of this shape, in order. */
export function indicesOf(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (indices, size) => indices.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  );
}

/** The element with this index. */
export function elementAt(values: ArrayLike<number>, shape: Shape, index: readonly number[]): number {
  return values[index.reduce((position, i, axis) => position * shape[axis] + i, 0)];
}

/** The element that takes part at this index of a larger shape to which the tensor is broadcast. */
export function broadcastElementAt(
  values: ArrayLike<number>,
  shape: Shape,
  index: readonly number[],
): number {
  const own = index.slice(index.length - shape.length).map((i, axis) => Math.min(i, shape[axis] - 1));
  return elementAt(values, shape, own);
}
