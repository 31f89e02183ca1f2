import type { Load } from '../codegen/element.ts';
import { strideAlong } from '../codegen/index-expression.ts';

/**
 * The order of a result's axes in memory that follows what it is read from: that of the load which varies along most
 * axes. The variables of the axes are named as `axisVariable` says.
 */
export function orderOf(shape: readonly number[], loads: readonly Load[]): number[] {
  const axes = [...shape.keys()];
  let best = { order: axes, covered: 0 };
  for (const { address } of loads) {
    const strides = axes.map((axis) => (shape[axis] === 1 ? 0 : strideAlong(address, axisVariable(axis))));
    if (strides.includes(undefined)) continue;
    const known = strides as number[];
    const covered = known.filter((stride) => stride !== 0).length;
    if (covered <= best.covered) continue;
    // Axes along which nothing changes stay in front.
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
