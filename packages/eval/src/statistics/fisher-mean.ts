export type FisherMean = {
  /** Null where no group has a correlation, or some have 1 and others -1. */
  readonly value: number | null;
  /** Groups that have a correlation. */
  readonly groups: number;
  /** Groups that have none. They count as missing, never as 0. */
  readonly undefinedGroups: number;
  /** Groups whose correlation is 1 or -1. Its transform is infinite, so one such group decides the mean alone. */
  readonly perfectGroups: number;
};

/**
 * The mean of correlations by Fisher's transform, `tanh(mean(atanh(r)))`, in which their errors are alike, whatever r is.
 * Each group counts the same, as in published tables of such means.
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

/** The arithmetic mean of what is there; null where nothing is. */
export function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
