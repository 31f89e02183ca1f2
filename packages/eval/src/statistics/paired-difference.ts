import { clusteredMean, clusterSums, type IntervalOptions, type MeanInterval } from './clustered-mean.ts';
import { signFlipTest } from './sign-flip-test.ts';

/** The values of one item in two runs. */
export interface Pair {
  readonly cluster: string;
  readonly value: number;
  readonly base: number;
}

/** The difference between a run and its base, over their common items. */
export interface PairedDifference extends MeanInterval {
  /** Two-sided, by flipping the signs of whole clusters. */
  readonly pValue: number;
  /** Items with a larger, equal and smaller value than the base. */
  readonly larger: number;
  readonly equal: number;
  readonly smaller: number;
}

/** The mean of `value - base` with its interval and p-value; null if the runs have no common items. */
export function pairedDifference(
  pairs: readonly Pair[],
  options: Omit<IntervalOptions, 'range'>,
): PairedDifference | null {
  const differences = pairs.map(({ cluster, value, base }) => ({ cluster, value: value - base }));
  const mean = clusteredMean(differences, options);
  if (mean === null) return null;
  const larger = differences.filter(({ value }) => value > 0).length;
  const smaller = differences.filter(({ value }) => value < 0).length;
  return {
    ...mean,
    pValue: signFlipTest(clusterSums(differences).sums, options.seed),
    larger,
    equal: pairs.length - larger - smaller,
    smaller,
  };
}
