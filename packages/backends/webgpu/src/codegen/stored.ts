import { stridesOf, type DType, type Shape } from '@rewardedit/graph';

/** Where the values of a tensor are stored on the device. */
export type Place =
  /** In the arena, memory shared by intermediate values with disjoint lifetimes. */
  | { readonly kind: 'arena' }
  /** In a state entry, which the program reads or overwrites. */
  | { readonly kind: 'state'; readonly name: string }
  | { readonly kind: 'input' }
  | { readonly kind: 'output' }
  | { readonly kind: 'constant'; readonly values: Float32Array | Int32Array };

/** A tensor in device memory. */
export interface Stored {
  readonly id: number;
  readonly shape: Shape;
  /** Strides in elements; each kernel chooses the memory order of its result. */
  readonly strides: readonly number[];
  readonly dtype: DType;
  readonly place: Place;
}

let nextId = 0;

/** @param order the axes in memory order, the last one contiguous. */
export function stored(
  shape: Shape,
  dtype: DType,
  place: Place,
  order: readonly number[] = [...shape.keys()],
): Stored {
  const inOrder = stridesOf(order.map((axis) => shape[axis]));
  const strides = shape.map((_, axis) => inOrder[order.indexOf(axis)]);
  return { id: nextId++, shape, strides, dtype, place };
}

/** Moves axis 1 to the end: NHWC for feature maps. */
export function channelsLast(rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return rank < 3 ? axes : [0, ...axes.slice(2), 1];
}
