/** Sizes of a tensor's axes, outermost first. A scalar has the shape `[]`. */
export type Shape = readonly number[];

/** Number of elements of a tensor of this shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A shape as people write it: `2x3x4`, and `scalar` for no axes. */
export function formatShape(shape: Shape): string {
  return shape.length === 0 ? 'scalar' : shape.join('x');
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Whether all are whole numbers of at least `least`, as sizes and counts are. */
export function areCounts(numbers: readonly number[], least = 0): boolean {
  return numbers.every((number) => Number.isInteger(number) && number >= least);
}
