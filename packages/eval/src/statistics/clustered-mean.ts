import { createRandom } from '@rewardedit/core';
import { quantile } from './bootstrap.ts';

/** One measured item, and the unit it belongs to: edits of one photo succeed and fail together. */
export interface ClusteredValue {
  readonly cluster: string;
  readonly value: number;
}

/** What is left of the items of each cluster: the sum of their values, and how many they are. */
export interface ClusterSums {
  readonly sums: Float64Array;
  readonly counts: Float64Array;
}

/** A mean and its 95 % interval; the interval is null where there are fewer than two clusters. */
export interface MeanInterval {
  readonly mean: number;
  readonly interval: readonly [low: number, high: number] | null;
  readonly count: number;
  readonly clusters: number;
}

export interface IntervalOptions {
  readonly seed: number;
  readonly resamples?: number;
  /** The least and the most that a value can be; an interval does not reach beyond. */
  readonly range?: readonly [low: number, high: number];
}

const RESAMPLES = 10_000;
/** A resample costs as much as there are clusters: of many, fewer resamples are drawn. */
const MOST_DRAWS = 2e7;
const LEAST_RESAMPLES = 1000;

/** Sums up the items of each cluster. The order of the items changes nothing, not even the last bit. */
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
 * The mean over all items, with the interval of the studentized bootstrap that draws whole clusters (Davison and Hinkley,
 * Bootstrap Methods and their Application, 1997, 5.2). To the spread of each resample that of one average cluster is added: a
 * resample in which all clusters are alike, as is common for shares near 0 or 1, would have none. In simulations of 10 to 80
 * clusters the interval covers the true mean in 93 to 96 % of the cases; that of the percentile bootstrap covers it in 86 to
 * 96 %. Null where there is no item.
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
  /** The standard error of a mean, but for a factor that is the same for all resamples. */
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
 * The interval where all clusters are alike: no resample differs. At an end of the range, others may still be so rare that none was
 * drawn: at most the share that the exact binomial interval of as many clusters allows (Clopper and Pearson), at the other end.
 */
function allAlike(mean: number, clusters: number, [low, high]: readonly [number, number]): [number, number] {
  const others = 1 - 0.025 ** (1 / clusters);
  if (mean === low && Number.isFinite(high)) return [mean, mean + others * (high - low)];
  if (mean === high && Number.isFinite(low)) return [mean - others * (high - low), mean];
  return [mean, mean];
}

interface Weighted {
  readonly mean: number;
  /** Of how far the sum of each cluster is from what it would be if all items were the mean. */
  readonly squares: number;
  readonly items: number;
}

/** The mean of all items, each cluster counted so many times, and its spread. */
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
