import { sizeOf, stridesOf, type DType, type Shape } from '@rewardedit/graph';

/** Where the values of a tensor lie on the device. */
export type Place =
  /** In memory shared by intermediate values, each for as long as it is needed. */
  | { readonly kind: 'arena' }
  /** In the state, as the program finds it or leaves it. */
  | { readonly kind: 'state'; readonly name: string }
  | { readonly kind: 'input' }
  | { readonly kind: 'output' }
  | { readonly kind: 'constant'; readonly values: Float32Array | Int32Array };

/** A tensor in memory. */
export interface Stored {
  readonly id: number;
  readonly shape: Shape;
  /** How far apart neighbours along each axis are; the order of the axes in memory is the kernel's choice. */
  readonly strides: readonly number[];
  readonly dtype: DType;
  readonly place: Place;
}

let nextId = 0;

/** @param order the axes as they follow one another in memory, the last one contiguous. */
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

/** Axis 1 moved to the end: the pixels of a feature map one after the other, each with all its channels. */
export function channelsLast(rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return rank < 3 ? axes : [0, ...axes.slice(2), 1];
}

export function elementsOf({ shape }: Stored): number {
  return sizeOf(shape);
}
