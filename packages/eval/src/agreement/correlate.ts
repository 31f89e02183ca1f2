import { toCodes } from '../statistics/codes.ts';
import { fisherMean } from '../statistics/fisher-mean.ts';
import { partition } from '../statistics/pair-counts.ts';
import { rankCorrelation } from '../statistics/spearman.ts';
import type { Items } from './ratings.ts';
import { select } from './select.ts';

/** A correlation of two sides from how often each item was drawn, once each where that is not given; null where it is not defined. */
export type Correlate = (weights?: Uint32Array) => number | null;

/** Spearman's correlation over all items. */
export function pooledCorrelation(x: Float64Array, y: Float64Array): Correlate {
  const [codesX, codesY] = [toCodes(x), toCodes(y)];
  return (weights) => rankCorrelation(codesX, codesY, weights);
}

/**
 * The Fisher mean of Spearman's correlations within groups. A group whose correlation is not defined, such as one that is constant in a
 * resample, is left out of that resample's mean, as it is of the mean itself.
 *
 * @param rated which of all items the values belong to.
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
