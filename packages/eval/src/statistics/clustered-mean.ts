import { createRandom } from '@rewardedit/core';
import { quantile } from './bootstrap.ts';

/** One measured item and its cluster: edits of one photo succeed and fail together. */
export interface ClusteredValue {
  readonly cluster: string;
  readonly value: number;
}

/** The sum and the number of each cluster's values. */
export interface ClusterSums {
  readonly sums: Float64Array;
  readonly counts: Float64Array;
}

/** A mean and its 95 % interval; the interval is null with fewer than two clusters. */
export interface MeanInterval {
  readonly mean: number;
  readonly interval: readonly [low: number, high: number] | null;
  readonly count: number;
  readonly clusters: number;
}

export interface IntervalOptions {
  readonly seed: number;
  readonly resamples?: number;
  /** The lowest and highest possible value; an interval does not extend beyond. */
  readonly range?: readonly [low: number, high: number];
}

const RESAMPLES = 10_000;
/** The cost of a resample grows with the clusters, so many clusters get fewer resamples. */
const MOST_DRAWS = 2e7;
const LEAST_RESAMPLES = 1000;

/** Sums the items of each cluster, bit-identical for any order of the items. */
export function clusterSums(values: readonly ClusteredValue[]): ClusterSums {
  const byCluster = new Map<string, number[]>();
  for (const { cluster, value } of values) {
    const group = byCluster.get(cluster);
    if (group) group.push(value);
    else byCluster.set(cluster, [value]);
  }
  const names = [...byCluster.keys()].toSorted();
  const groups = names.map((name) => Float64Array.from(byCluster.get(name)!).sort());
  return {
    sums: Float64Array.from(groups, (group) => group.reduce((total, value) => total + value, 0)),
    counts: Float64Array.from(groups, ({ length }) => length),
  };
}

/**
 * The mean over all items, with the interval of a studentized bootstrap that resamples whole clusters (Davison and Hinkley,
 * Bootstrap Methods and their Application, 1997, 5.2). The spread of one average cluster is added to that of each resample: a
 * resample with equal clusters, as is common for shares near 0 or 1, would have none. docs/evaluation.md
 * has its coverage in simulations. Null without items.
 */
export function clusteredMean(
  values: readonly ClusteredValue[],
  { seed, resamples = RESAMPLES, range = [-Infinity, Infinity] }: IntervalOptions,
): MeanInterval | null {
  if (values.length === 0) return null;
  const { sums, counts } = clusterSums(values);
  const clusters = sums.length;
  const once = new Float64Array(clusters).fill(1);
  const { mean, squares } = weightedMean({ sums, counts }, once);
  const described = { mean, count: values.length, clusters };
  if (clusters < 2) return { ...described, interval: null };
  if (squares === 0) return { ...described, interval: allAlike(mean, clusters, range) };

  const average = squares / clusters;
  /** The standard error of a mean, up to a factor common to all resamples. */
  const error = (resample: Weighted) => Math.sqrt(resample.squares + average) / resample.items;
  const draws = Math.min(resamples, Math.max(LEAST_RESAMPLES, Math.floor(MOST_DRAWS / clusters)));
  const random = createRandom(seed, 'clustered-mean');
  const deviations = new Float64Array(draws);
  const weights = new Float64Array(clusters);
  for (let draw = 0; draw < draws; draw++) {
    weights.fill(0);
    for (let i = 0; i < clusters; i++) weights[random.integer(clusters)] += 1;
    const resample = weightedMean({ sums, counts }, weights);
    deviations[draw] = (resample.mean - mean) / error(resample);
  }
  deviations.sort();
  const scale = error({ mean, squares, items: values.length });
  const low = mean - quantile(deviations, 0.975) * scale;
  const high = mean - quantile(deviations, 0.025) * scale;
  return { ...described, interval: [Math.max(range[0], low), Math.min(range[1], high)] };
}

/**
 * The interval if all clusters are equal, and so all resamples. At an end of the range, other values may be too rare to appear:
 * at most a share of them, as in the exact binomial interval for that many clusters (Clopper and Pearson), is at the other end.
 */
function allAlike(mean: number, clusters: number, [low, high]: readonly [number, number]): [number, number] {
  const others = 1 - 0.025 ** (1 / clusters);
  if (mean === low && Number.isFinite(high)) return [mean, mean + others * (high - low)];
  if (mean === high && Number.isFinite(low)) return [mean - others * (high - low), mean];
  return [mean, mean];
}

interface Weighted {
  readonly mean: number;
  /** The spread of each cluster's sum around its expected value if all items equalled the mean. */
  readonly squares: number;
  readonly items: number;
}

/** The mean of all items, given the count of each cluster, and its spread. */
function weightedMean({ sums, counts }: ClusterSums, weights: Float64Array): Weighted {
  let total = 0;
  let items = 0;
  for (let i = 0; i < sums.length; i++) {
    total += weights[i] * sums[i];
    items += weights[i] * counts[i];
  }
  const mean = total / items;
  let squares = 0;
  for (let i = 0; i < sums.length; i++) squares += weights[i] * (sums[i] - mean * counts[i]) ** 2;
  return { mean, squares, items };
}
