import { createRandom } from '@rewardedit/core';
import { bootstrapInterval, type Interval } from '../statistics/bootstrap.ts';
import { toCodes } from '../statistics/codes.ts';
import { fisherMeanCorrelation, pooledCorrelation, type Correlate } from './correlate.ts';
import type { PerspectiveSettings } from './measure-perspective.ts';
import type { Comparison, Ratings } from './ratings.ts';
import { bothRated, select } from './select.ts';

/** How much more one judge correlates with the reference than another one. */
export type CorrelationDifference = {
  readonly value: number | null;
  /** 95 %, of resamples in which both judges meet the same items; tasks are drawn where several items share one. */
  readonly interval: Interval | null;
};

/** Two judges held against the same reference, over the items for which all three have a value. */
export type JudgeDifference = {
  readonly judge: string;
  readonly other: string;
  readonly reference: string;
  readonly perspectives: Readonly<
    Record<
      string,
      {
        readonly n: number;
        readonly pooled: CorrelationDifference;
        readonly fisherMean: CorrelationDifference;
      }
    >
  >;
};

/** The pairs of comparisons with the same reference, the second one's judge being compared with the first one's. */
export function judgePairs({ comparisons }: Pick<Ratings, 'comparisons'>): [Comparison, Comparison][] {
  return comparisons.flatMap((other, i) =>
    comparisons
      .slice(i + 1)
      .flatMap((one): [Comparison, Comparison][] =>
        one.reference === other.reference ? [[one, other]] : [],
      ),
  );
}

/** Measures by how much `one` correlates better with the reference than `other`, from each perspective. */
export async function measureDifference(
  { items, perspectives }: Ratings,
  [one, other]: readonly [Comparison, Comparison],
  settings: PerspectiveSettings,
): Promise<JudgeDifference> {
  const measured: [string, JudgeDifference['perspectives'][string]][] = [];
  for (const perspective of perspectives) {
    const [reference, judge, second] = [one.reference, one.judge, other.judge].map((rater) =>
      rater.values(perspective),
    );
    const rated = bothRated(reference, judge, bothRated(reference, second));
    const [x, y, z] = [reference, judge, second].map((values) => select(values, rated));
    const units = toCodes(Float64Array.from(rated, (item) => items.task[item]));
    const difference = async (name: string, a: Correlate, b: Correlate): Promise<CorrelationDifference> => {
      const statistic: Correlate = (weights) => {
        const [valueA, valueB] = [a(weights), b(weights)];
        return valueA === null || valueB === null ? null : valueA - valueB;
      };
      const interval = await bootstrapInterval({
        units: units.codes,
        unitCount: units.distinct.length,
        resamples: settings.resamples,
        random: createRandom(settings.seed, 'agreement', perspective, name),
        statistic,
        onResample: settings.onResample,
        signal: settings.signal,
      });
      return { value: statistic(), interval };
    };
    const byGroup = (values: Float64Array) => fisherMeanCorrelation(items, rated, x, values);
    measured.push([
      perspective,
      {
        n: rated.length,
        pooled: await difference('difference', pooledCorrelation(x, y), pooledCorrelation(x, z)),
        fisherMean: await difference('Fisher difference', byGroup(y), byGroup(z)),
      },
    ]);
  }
  return {
    judge: one.judge.name,
    other: other.judge.name,
    reference: one.reference.name,
    perspectives: Object.fromEntries(measured),
  };
}
