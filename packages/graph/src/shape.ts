/** Sizes of a tensor's axes, outermost first. The shape of a scalar is `[]`. */
export type Shape = readonly number[];

/** Returns the number of elements of this shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Formats a shape for messages: `2x3x4`, or `scalar`. */
export function formatShape(shape: Shape): string {
  return shape.length === 0 ? 'scalar' : shape.join('x');
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Whether all numbers are integers of at least `least`, as sizes and counts must be. */
export function areCounts(numbers: readonly number[], least = 0): boolean {
  return numbers.every((number) => Number.isInteger(number) && number >= least);
}
