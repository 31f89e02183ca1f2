import { createRandom } from '@rewardedit/core';
import { bootstrapInterval, type Interval } from '../statistics/bootstrap.ts';
import { toCodes, type Codes } from '../statistics/codes.ts';
import { fisherMean, mean } from '../statistics/fisher-mean.ts';
import { kendall } from '../statistics/kendall.ts';
import { krippendorffAlpha } from '../statistics/krippendorff-alpha.ts';
import { countPairs, partition, type PairCounts } from '../statistics/pair-counts.ts';
import { pairwiseAccuracy } from '../statistics/pairwise-accuracy.ts';
import { tieRounded } from '../statistics/rounding.ts';
import { spearman } from '../statistics/spearman.ts';
import { toCategories, weightedKappa } from '../statistics/weighted-kappa.ts';
import type { GroupAgreement, PerspectiveAgreement } from './agreement-report.ts';
import { fisherMeanCorrelation, pooledCorrelation, type Correlate } from './correlate.ts';
import { measureRaters } from './measure-raters.ts';
import type { Comparison, Ratings } from './ratings.ts';
import { bothRated, select } from './select.ts';

export type PerspectiveSettings = {
  readonly resamples: number;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
  readonly onResample: () => void;
};

/** Measures how far judge and reference agree from one perspective. */
export async function measurePerspective(
  { items, categories, strict }: Ratings,
  comparison: Comparison,
  perspective: string,
  settings: PerspectiveSettings,
): Promise<PerspectiveAgreement> {
  const sides = [comparison.reference, comparison.judge].map((rater) => {
    const values = rater.values(perspective);
    const { values: tied, merged } = tieRounded(values);
    return { values: strict ? tied : values, merged };
  });
  const [reference, judge] = sides.map(({ values }) => values);
  const rated = bothRated(reference, judge);
  const [x, y] = [select(reference, rated), select(judge, rated)];
  const pooled = pooledCorrelation(x, y);
  const byGroup = fisherMeanCorrelation(items, rated, x, y);

  const pairs = countPairs(x, y);
  const parts = partition(items.group, items.groups.length);
  const groups = parts.map((part, i) => measureGroup(items.groups[i], part, reference, judge));
  const correlations = groups.map(({ agreement }) => agreement.spearman);
  const meanOfGroups = mean(correlations);

  const tasks = toCodes(Float64Array.from(rated, (item) => items.task[item]));
  const isRepeated = tasks.distinct.length < rated.length;
  const interval = (correlate: Correlate, units: Codes, stream: string) =>
    resampledCorrelation(correlate, units, [perspective, stream], settings);
  const eachItem = toCodes(Float64Array.from(rated));

  const [categoriesX, categoriesY] = [toCategories(x, categories), toCategories(y, categories)];
  const raters = comparison.raters.map((rater) => rater.values(perspective));
  return {
    n: rated.length,
    missing: items.count - rated.length,
    roundedTies: sides[0].merged + sides[1].merged,
    groups: groups.map(({ agreement }) => agreement),
    spearman: {
      fisherMean: fisherMean(correlations),
      meanOfGroups,
      tanhOfMean: meanOfGroups === null ? null : Math.tanh(meanOfGroups),
      fisherInterval: await interval(byGroup, isRepeated ? tasks : eachItem, 'groups'),
      pooled: pooled(),
      interval: await interval(pooled, eachItem, 'items'),
      intervalByTask: isRepeated ? await interval(pooled, tasks, 'tasks') : null,
    },
    kendall: kendall(pairs),
    pairwiseAccuracy: {
      all: pairwiseAccuracy([pairs]),
      withinGroups: pairwiseAccuracy(groups.map((group) => group.pairs)),
      sameTask: pairwiseAccuracy(isRepeated ? pairsOfTasks(x, y, tasks) : []),
    },
    alpha: { ordinal: krippendorffAlpha([x, y], 'ordinal'), interval: krippendorffAlpha([x, y], 'interval') },
    kappa: {
      linear: weightedKappa(categoriesX, categoriesY, categories.length, 'linear'),
      quadratic: weightedKappa(categoriesX, categoriesY, categories.length, 'quadratic'),
      categories,
    },
    raters: raters.length < 2 ? null : measureRaters(raters, parts, { categories, strict }),
  };
}

function measureGroup(
  group: string,
  part: Int32Array,
  reference: Float64Array,
  judge: Float64Array,
): { agreement: GroupAgreement; pairs: PairCounts } {
  const rated = bothRated(reference, judge, part);
  const [x, y] = [select(reference, rated), select(judge, rated)];
  const pairs = countPairs(x, y);
  const agreement = {
    group,
    n: rated.length,
    missing: part.length - rated.length,
    spearman: spearman(x, y),
    kendall: kendall(pairs),
    pairwiseAccuracy: pairwiseAccuracy([pairs]),
  };
  return { agreement, pairs };
}

function* pairsOfTasks(x: Float64Array, y: Float64Array, tasks: Codes): Generator<PairCounts> {
  for (const part of partition(tasks.codes, tasks.distinct.length))
    if (part.length > 1) yield countPairs(select(x, part), select(y, part));
}

async function resampledCorrelation(
  correlate: Correlate,
  units: Codes,
  stream: readonly string[],
  { resamples, seed, onResample, signal }: PerspectiveSettings,
): Promise<Interval | null> {
  return bootstrapInterval({
    units: units.codes,
    unitCount: units.distinct.length,
    resamples,
    random: createRandom(seed, 'agreement', ...stream),
    statistic: correlate,
    onResample,
    signal,
  });
}
