import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { krippendorffAlpha, type AlphaMetric } from './krippendorff-alpha.ts';

const METRICS: AlphaMetric[] = ['nominal', 'ordinal', 'interval'];
const none = Number.NaN;
const coders = (...rows: number[][]) => rows.map((row) => Float64Array.from(row));

/** The definition: the coincidence matrix of values, and the distance between each two of them. */
function alphaByCoincidences(rows: readonly Float64Array[], metric: AlphaMetric): number | null {
  const values = [...new Set(rows.flatMap((row) => [...row]).filter((value) => !Number.isNaN(value)))].sort(
    (a, b) => a - b,
  );
  const coincidences = values.map(() => values.map(() => 0));
  for (let item = 0; item < (rows[0]?.length ?? 0); item++) {
    const given = rows.map((row) => values.indexOf(row[item])).filter((code) => code >= 0);
    for (const [i, a] of given.entries())
      for (const [j, b] of given.entries()) if (i !== j) coincidences[a][b] += 1 / (given.length - 1);
  }
  const totals = coincidences.map((row) => row.reduce((sum, count) => sum + count, 0));
  const all = totals.reduce((sum, count) => sum + count, 0);
  const distance = {
    nominal: (a: number, b: number) => (a === b ? 0 : 1),
    ordinal: (a: number, b: number) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      const between = totals.slice(low, high + 1).reduce((sum, count) => sum + count, 0);
      return (between - (totals[a] + totals[b]) / 2) ** 2;
    },
    interval: (a: number, b: number) => (values[a] - values[b]) ** 2,
  }[metric];
  let observed = 0;
  let expected = 0;
  for (const [a, row] of coincidences.entries()) {
    for (const [b, count] of row.entries()) {
      observed += count * distance(a, b);
      expected += (totals[a] * totals[b] * distance(a, b)) / (all - 1);
    }
  }
  return expected === 0 || all === 0 ? null : 1 - observed / expected;
}

describe('krippendorffAlpha', () => {
  // Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), part C: four observers, twelve units, missing data.
  const published = coders(
    [1, 2, 3, 3, 2, 1, 4, 1, 2, none, none, none],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, none, 3],
    [none, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, none],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, none],
  );

  it.each([
    ['nominal', 0.743],
    ['ordinal', 0.815],
    ['interval', 0.849],
  ] as const)('of the published example, %s, is %f', (metric, value) => {
    expect(krippendorffAlpha(published, metric)).toBeCloseTo(value, 3);
  });

  it.each([
    // krippendorff.alpha(reliability_data, level_of_measurement=...) of the Python package krippendorff 0.9.0
    ['nominal', 0.07692307692307687],
    ['ordinal', 0.713375796178344],
    ['interval', 0.7657992565055762],
  ] as const)('of values that are not whole numbers, %s, is %f', (metric, value) => {
    const values = coders([1, 1, 2, 3.5], [1.5, 1, 2, none], [none, 2, 2.5, 3]);
    expect(krippendorffAlpha(values, metric)).toBeCloseTo(value, 14);
  });

  it('equals the value from the coincidence matrix, in any order of the coders', () => {
    const value = fc.constantFrom(none, 0, 1, 2, 2.5, 7);
    const data = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 12 }))
      .chain(([count, items]) =>
        fc.array(fc.array(value, { minLength: items, maxLength: items }), {
          minLength: count,
          maxLength: count,
        }),
      );
    fc.assert(
      fc.property(data, fc.constantFrom(...METRICS), (rows, metric) => {
        const given = coders(...rows);
        const alpha = krippendorffAlpha(given, metric);
        const expected = alphaByCoincidences(given, metric);
        expect(alpha === null).toBe(expected === null);
        if (expected === null) return;
        expect(alpha).toBeCloseTo(expected, 10);
        expect(krippendorffAlpha(given.toReversed(), metric)).toBeCloseTo(expected, 10);
      }),
    );
  });

  it.each(METRICS)('%s is 1 if all agree, and undefined if no disagreement can be expected', (metric) => {
    expect(krippendorffAlpha(coders([0.1, 0.2, 0.7], [0.1, 0.2, 0.7]), metric)).toBe(1);
    expect(krippendorffAlpha(coders([0.1, 0.1, 0.1], [0.1, 0.1, none]), metric)).toBeNull();
    expect(krippendorffAlpha(coders([1, none], [none, 2]), metric)).toBeNull();
    expect(krippendorffAlpha([], metric)).toBeNull();
  });
});
