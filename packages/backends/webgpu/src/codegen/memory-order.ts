import type { Load } from './element.ts';
import { indexOf, strideAlong, type Index } from './index-expression.ts';

/**
 * Chooses the memory order of a result's axes: that of the load which varies along the most axes. Axis
 * variables are named by `axisVariable`.
 */
export function orderOf(
  shape: readonly number[],
  loads: readonly Load[],
  variableOf: (axis: number) => string = axisVariable,
): number[] {
  const axes = [...shape.keys()];
  let best = { order: axes, covered: 0 };
  for (const { address } of loads) {
    const strides = axes.map((axis) => (shape[axis] === 1 ? 0 : strideAlong(address, variableOf(axis))));
    if (strides.includes(undefined)) continue;
    const known = strides as number[];
    const covered = known.filter((stride) => stride !== 0).length;
    if (covered <= best.covered) continue;
    // Axes along which the address does not change go first.
    best = {
      covered,
      order: axes.toSorted((a, b) => (known[b] || Infinity) - (known[a] || Infinity) || a - b),
    };
  }
  return best.order;
}

export function axisVariable(axis: number): string {
  return `axis${axis}`;
}

/** The index along each axis of an element, from its number in another order of the axes. */
export function indexInOrder(number: Index, shape: readonly number[], order: readonly number[]): Index[] {
  const inOrder = indexOf(
    number,
    order.map((axis) => shape[axis]),
  );
  return shape.map((_, axis) => inOrder[order.indexOf(axis)]);
}
