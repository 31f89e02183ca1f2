import { describe, expect, it } from 'vitest';
import { toCategories, weightedKappa } from './weighted-kappa.ts';

const codes = (...values: number[]) => Int32Array.from(values);

/** Codes of two raters with so many items in each cell of their table. */
function fromTable(table: readonly (readonly number[])[]): [Int32Array, Int32Array] {
  const pairs = table.flatMap((row, a) =>
    row.flatMap((count, b) => Array.from({ length: count }, () => [a, b])),
  );
  return [codes(...pairs.map(([a]) => a)), codes(...pairs.map(([, b]) => b))];
}

describe('weightedKappa', () => {
  it.each(['linear', 'quadratic'] as const)(
    "of two categories is Cohen's kappa (Wikipedia's example, 0.4): %s",
    (weights) => {
      const [x, y] = fromTable([
        [20, 5],
        [10, 15],
      ]);
      expect(weightedKappa(x, y, 2, weights)).toBeCloseTo(0.4, 14);
    },
  );

  it('weights by distance', () => {
    const x = codes(0, 0, 1, 1, 2, 2, 3, 3, 1, 2, 0, 3);
    const y = codes(0, 1, 1, 2, 2, 2, 3, 1, 1, 3, 0, 3);
    // sklearn.metrics.cohen_kappa_score(x, y, weights=...) of scikit-learn 1.9.1
    expect(weightedKappa(x, y, 4, 'linear')).toBeCloseTo(0.6551724137931034, 14);
    expect(weightedKappa(x, y, 4, 'quadratic')).toBeCloseTo(0.75, 14);
    expect(weightedKappa(y, x, 4, 'quadratic')).toBeCloseTo(0.75, 14);
  });

  it('is undefined if both always say the same, or without items', () => {
    expect(weightedKappa(codes(1, 1), codes(1, 1), 3, 'linear')).toBeNull();
    expect(weightedKappa(codes(), codes(), 3, 'linear')).toBeNull();
  });

  it('is 0 if only one side is constant', () => {
    expect(weightedKappa(codes(1, 1, 1), codes(0, 1, 2), 3, 'quadratic')).toBe(0);
  });
});

it('toCategories chooses the nearest category, and the higher of two equally near', () => {
  const values = Float64Array.of(-1, 0, 0.24, 0.25, 0.5, 0.7, 0.75, 2);
  expect([...toCategories(values, [0, 0.5, 1])]).toEqual([0, 0, 0, 1, 1, 1, 2, 2]);
});
