import { averageRanks, toCodes } from './codes.ts';

/** The distance of two values: equal or not, by the values between them, or by their difference. */
export type AlphaMetric = 'nominal' | 'ordinal' | 'interval';

/**
 * Krippendorff's alpha: 1 minus the observed disagreement between coders about the same item, relative to the disagreement
 * expected if values were independent of items (Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011). Each coder has
 * a value for each item, or NaN; items with fewer than two values are left out. Null if all values are equal or there are none:
 * no disagreement is expected then.
 */
export function krippendorffAlpha(coders: readonly Float64Array[], metric: AlphaMetric): number | null {
  const { values, ends } = pairableValues(coders);
  if (values.length === 0) return null;
  const { codes, distinct } = toCodes(values);
  const counts = new Float64Array(distinct.length);
  for (const code of codes) counts[code] += 1;
  const disagreement = DISAGREEMENTS[metric](values, codes, counts);
  let observed = 0;
  for (let start = 0, item = 0; item < ends.length; start = ends[item++])
    observed += disagreement(start, ends[item]) / (ends[item] - start - 1);
  const expected = disagreement(0, values.length) / (values.length - 1);
  return expected === 0 ? null : 1 - observed / expected;
}

/** The sum of the distances between all ordered pairs of the values from `start` to `end`. */
type Disagreement = (start: number, end: number) => number;

const DISAGREEMENTS: Readonly<
  Record<AlphaMetric, (values: Float64Array, codes: Int32Array, counts: Float64Array) => Disagreement>
> = {
  nominal: (_values, codes, counts) => unequalPairs(codes, counts.length),
  // His distance, the number of values from one to the other counting both ends half, is the difference of ranks.
  ordinal: (values, codes, counts) => {
    const ranks = averageRanks(counts);
    return squaredDifferences(values.map((_, i) => ranks[codes[i]]));
  },
  interval: (values) => squaredDifferences(values),
};

function unequalPairs(codes: Int32Array, distinct: number): Disagreement {
  const counts = new Float64Array(distinct);
  return (start, end) => {
    let equal = 0;
    for (let i = start; i < end; i++) equal += 2 * counts[codes[i]]++;
    for (let i = start; i < end; i++) counts[codes[i]] = 0;
    return (end - start) * (end - start - 1) - equal;
  };
}

function squaredDifferences(values: Float64Array): Disagreement {
  return (start, end) => {
    // Starting at the first value, so that equal values have a difference of exactly zero.
    const origin = values[start];
    let sum = 0;
    for (let i = start; i < end; i++) sum += values[i] - origin;
    const mean = sum / (end - start);
    let squares = 0;
    for (let i = start; i < end; i++) squares += (values[i] - origin - mean) ** 2;
    return 2 * (end - start) * squares;
  };
}

/** The values of all items with two or more, item by item, and the end of each item's values. */
function pairableValues(coders: readonly Float64Array[]): { values: Float64Array; ends: number[] } {
  const items = coders[0]?.length ?? 0;
  const values = new Float64Array(items * coders.length);
  const ends: number[] = [];
  let filled = 0;
  for (let item = 0; item < items; item++) {
    const start = filled;
    for (const coder of coders) if (!Number.isNaN(coder[item])) values[filled++] = coder[item];
    if (filled - start < 2) filled = start;
    else ends.push(filled);
  }
  return { values: values.subarray(0, filled), ends };
}
