import { applyMap } from '@rewardedit/annotate';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitIsotonic } from './isotonic.ts';

const points = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 10 }), fc.double({ min: 0, max: 5, noNaN: true })),
  { minLength: 1, maxLength: 40 },
);
const columns = (pairs: readonly (readonly [number, number])[]) =>
  [0, 1].map((i) => Float64Array.from(pairs, (pair) => pair[i]));

describe('fitIsotonic', () => {
  it('pools falling points, and keeps both ends of each block', () => {
    const [x, y] = [Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(1, 3, 2, 4, 3.5, 6)];
    expect(fitIsotonic(x, y)).toEqual({ x: [1, 2, 3, 4, 5, 6], y: [1, 2.5, 2.5, 3.75, 3.75, 6] });
  });

  it('merges points with the same x, in any order', () => {
    const map = fitIsotonic(Float64Array.of(5, 1, 5, 1), Float64Array.of(4, 0, 2, 2));
    expect(map).toEqual({ x: [1, 5], y: [1, 3] });
    expect([0, 1, 2, 3, 5, 9].map((at) => applyMap(map, at))).toEqual([1, 1, 1.5, 2, 3, 3]);
  });

  it('never decreases, and is closer to the points than any constant', () => {
    fc.assert(
      fc.property(points, (pairs) => {
        const [x, y] = columns(pairs);
        const map = fitIsotonic(x, y);
        expect(map.x).toEqual([...new Set(map.x)].sort((a, b) => a - b));
        for (const [i, height] of map.y.entries())
          expect(height).toBeGreaterThanOrEqual((map.y[i - 1] ?? height) - 1e-12);
        const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
        const squares = (height: (at: number) => number) =>
          x.reduce((sum, at, i) => sum + (height(at) - y[i]) ** 2, 0);
        expect(squares((at) => applyMap(map, at))).toBeLessThanOrEqual(squares(() => mean) + 1e-9);
      }),
    );
  });

  it('keeps points that never decrease', () => {
    fc.assert(
      fc.property(points, (pairs) => {
        const x = Float64Array.from(new Set(pairs.map(([at]) => at))).sort();
        const y = Float64Array.from(x, (_, i) => i / 2);
        const map = fitIsotonic(x, y);
        for (const [i, at] of x.entries()) expect(applyMap(map, at)).toBe(y[i]);
      }),
    );
  });
});
