import { clusteredMean, clusterSums, type IntervalOptions, type MeanInterval } from './clustered-mean.ts';
import { signFlipTest } from './sign-flip-test.ts';

/** What two runs made of one item. */
export interface Pair {
  readonly cluster: string;
  readonly value: number;
  readonly base: number;
}

/** How a run differs from the one it is compared with, over the items that both have. */
export interface PairedDifference extends MeanInterval {
  /** Two-sided, by flipping the signs of whole clusters. */
  readonly pValue: number;
  /** Items whose value is larger than that of the base, equal to it, and smaller. */
  readonly larger: number;
  readonly equal: number;
  readonly smaller: number;
}

/** The mean of `value - base` with its interval and p-value; null where the runs have no item in common. */
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
