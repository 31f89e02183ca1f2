import { averageRanks, toCodes } from './codes.ts';

/** How far two values are apart: equal or not, by the values between them, or by their difference. */
export type AlphaMetric = 'nominal' | 'ordinal' | 'interval';

/**
 * Krippendorff's alpha: 1 less the disagreement observed between coders about the same item, as a share of the
 * disagreement expected if values had nothing to do with items (Krippendorff, "Computing Krippendorff's
 * Alpha-Reliability", 2011). Each coder has a value for each item, or NaN; items with fewer than two values say nothing
 * and are left out. Null where all values are the same, or there are none: then no disagreement could be expected.
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

/** The sum of the distances between all ordered pairs of the values from `start` up to `end`. */
type Disagreement = (start: number, end: number) => number;

const DISAGREEMENTS: Readonly<
  Record<AlphaMetric, (values: Float64Array, codes: Int32Array, counts: Float64Array) => Disagreement>
> = {
  nominal: (_values, codes, counts) => unequalPairs(codes, counts.length),
  // The distance that he defines, the number of values from one to the other with half of both ends, is that of ranks.
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
    // From the first value on, so that equal values have no difference at all, not one of the last bit.
    const origin = values[start];
    let sum = 0;
    for (let i = start; i < end; i++) sum += values[i] - origin;
    const mean = sum / (end - start);
    let squares = 0;
    for (let i = start; i < end; i++) squares += (values[i] - origin - mean) ** 2;
    return 2 * (end - start) * squares;
  };
}

/** The values of all items that have two or more, item after item, and where each item's values end. */
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
