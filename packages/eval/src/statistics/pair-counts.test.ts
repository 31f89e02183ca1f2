import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kendall } from './kendall.ts';
import { countPairs, type PairCounts } from './pair-counts.ts';
import { pairwiseAccuracy } from './pairwise-accuracy.ts';

const floats = (...values: number[]) => Float64Array.from(values);

const columns = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.constantFrom(-0.5, -0, 0, 0.25, 1, 1e300)), {
    maxLength: 40,
  })
  .map((pairs) => [0, 1].map((side) => Float64Array.from(pairs, (pair) => pair[side])));

/** The definition, pair by pair. */
function countEach(x: Float64Array, y: Float64Array): PairCounts {
  const counts = { pairs: 0, concordant: 0, discordant: 0, tiedX: 0, tiedY: 0, tiedBoth: 0 };
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < i; j++) {
      const order = Math.sign(x[i] - x[j]) * Math.sign(y[i] - y[j]);
      counts.pairs += 1;
      if (order > 0) counts.concordant += 1;
      if (order < 0) counts.discordant += 1;
      if (x[i] === x[j]) counts.tiedX += 1;
      if (y[i] === y[j]) counts.tiedY += 1;
      if (x[i] === x[j] && y[i] === y[j]) counts.tiedBoth += 1;
    }
  }
  return counts;
}

it('countPairs equals a count over all pairs', () => {
  fc.assert(
    fc.property(columns, ([x, y]) => {
      expect(countPairs(x, y)).toEqual(countEach(x, y));
    }),
  );
});

describe("Kendall's tau-b", () => {
  const tau = (x: Float64Array, y: Float64Array) => kendall(countPairs(x, y));

  it('accounts for ties on both sides', () => {
    // scipy.stats.kendalltau(x, y) of SciPy 1.17.1
    expect(tau(floats(1, 2, 2, 3, 5, 5, 5, 8, 9, 10), floats(2, 1, 4, 4, 4, 6, 3, 9, 7, 8))).toBeCloseTo(
      0.6747477697966319,
      14,
    );
  });

  it('is symmetric, from -1 to 1, negated by reversing a side, and null only if a side is constant', () => {
    fc.assert(
      fc.property(columns, ([x, y]) => {
        const value = tau(x, y);
        const isConstant = [x, y].some((side) => side.every((each) => each === side[0]));
        expect(value === null).toBe(isConstant);
        if (value === null) return;
        expect(Math.abs(value)).toBeLessThanOrEqual(1);
        expect(tau(y, x)).toBe(value);
        expect(
          tau(
            x,
            y.map((each) => -each),
          ),
        ).toBeCloseTo(-value, 15);
      }),
    );
  });

  it('is 1 and -1 for the same and the opposite order, ties included', () => {
    const x = floats(1, 2, 2, 3, 7);
    expect(tau(x, floats(1, 4, 4, 9, 10))).toBe(1);
    expect(tau(x, floats(9, 4, 4, 1, 0))).toBe(-1);
  });
});

describe('pairwiseAccuracy', () => {
  const accuracy = (reference: Float64Array, judge: Float64Array) =>
    pairwiseAccuracy([countPairs(reference, judge)]);

  it('counts a tie of the judge as one half, and leaves out ties of the reference', () => {
    // One of six pairs is tied by the reference; of the other five, the judge has three right, one wrong and one tied.
    expect(accuracy(floats(1, 1, 2, 3), floats(1, 4, 3, 4))).toEqual({ value: 3.5 / 5, pairs: 5 });
  });

  it('is that of the pairs of each set where there are several', () => {
    const sets = [countPairs(floats(1, 2), floats(1, 2)), countPairs(floats(1, 2, 3), floats(3, 2, 1))];
    expect(pairwiseAccuracy(sets)).toEqual({ value: 1 / 4, pairs: 4 });
  });

  it('is not defined where the reference sees no difference', () => {
    expect(accuracy(floats(2, 2), floats(1, 3))).toEqual({ value: null, pairs: 0 });
    expect(pairwiseAccuracy([])).toEqual({ value: null, pairs: 0 });
  });

  it('is 1 with itself, one half with a constant, and what is missing to 1 when the judge is turned round', () => {
    fc.assert(
      fc.property(columns, ([x, y]) => {
        const { value, pairs } = accuracy(x, y);
        expect(value === null).toBe(pairs === 0);
        if (value === null) return;
        expect(accuracy(x, x).value).toBe(1);
        expect(accuracy(x, new Float64Array(x.length)).value).toBe(0.5);
        const turned = accuracy(
          x,
          y.map((each) => -each),
        );
        expect(turned.value).toBeCloseTo(1 - value, 14);
      }),
    );
  });
});
