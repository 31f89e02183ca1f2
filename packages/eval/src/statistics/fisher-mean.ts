export type FisherMean = {
  /** Null if no group has a correlation, or if some have 1 and others -1. */
  readonly value: number | null;
  /** Groups with a correlation. */
  readonly groups: number;
  /** Groups without one. They count as missing, never as 0. */
  readonly undefinedGroups: number;
  /** Groups with a correlation of 1 or -1. Its transform is infinite, so one such group determines the mean. */
  readonly perfectGroups: number;
};

/**
 * The mean of correlations by Fisher's transform, `tanh(mean(atanh(r)))`, which makes their errors independent of r. Groups have
 * equal weight, as in published tables.
 */
export function fisherMean(correlations: readonly (number | null)[]): FisherMean {
  const known = correlations.filter((r) => r !== null);
  const transformed = mean(known.map(Math.atanh)) ?? Number.NaN;
  return {
    value: Number.isNaN(transformed) ? null : Math.tanh(transformed),
    groups: known.length,
    undefinedGroups: correlations.length - known.length,
    perfectGroups: known.filter((r) => Math.abs(r) === 1).length,
  };
}

/** The arithmetic mean of the values that are not null; null if there are none. */
export function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
