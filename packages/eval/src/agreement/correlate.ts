import { toCodes } from '../statistics/codes.ts';
import { fisherMean } from '../statistics/fisher-mean.ts';
import { partition } from '../statistics/pair-counts.ts';
import { rankCorrelation } from '../statistics/spearman.ts';
import type { Items } from './ratings.ts';
import { select } from './select.ts';

/** A correlation of two sides, given how often each item was drawn (by default once); null if undefined. */
export type Correlate = (weights?: Uint32Array) => number | null;

/** Spearman's correlation over all items. */
export function pooledCorrelation(x: Float64Array, y: Float64Array): Correlate {
  const [codesX, codesY] = [toCodes(x), toCodes(y)];
  return (weights) => rankCorrelation(codesX, codesY, weights);
}

/**
 * The Fisher mean of Spearman's correlations within groups. A group without a correlation, such as one that is constant in a
 * resample, is left out of that resample's mean, as of the mean itself.
 *
 * @param rated the items that the values belong to.
 */
export function fisherMeanCorrelation(
  { groups, group }: Pick<Items, 'groups' | 'group'>,
  rated: Int32Array,
  x: Float64Array,
  y: Float64Array,
): Correlate {
  const parts = partition(
    Int32Array.from(rated, (item) => group[item]),
    groups.length,
  ).map((items) => ({
    items,
    x: toCodes(select(x, items)),
    y: toCodes(select(y, items)),
  }));
  return (weights) =>
    fisherMean(
      parts.map(({ items, x, y }) =>
        rankCorrelation(x, y, weights && Uint32Array.from(items, (item) => weights[item])),
      ),
    ).value;
}
