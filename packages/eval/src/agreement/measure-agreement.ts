import type { AgreementReport, ComparisonAgreement, PerspectiveAgreement } from './agreement-report.ts';
import { costPerAgreement } from './count-costs.ts';
import { judgePairs, measureDifference, type JudgeDifference } from './measure-differences.ts';
import { measurePerspective } from './measure-perspective.ts';
import type { Ratings } from './ratings.ts';

/** Two of each perspective: of all items, and of the Fisher mean. */
const DIFFERENCES = 2;

export type MeasureAgreementOptions = {
  /** Resamples for each interval; by default 2000, 0 for no intervals. */
  readonly resamples?: number;
  readonly seed?: number;
  /** Called with the number of completed resamples, of `countResamples`. */
  readonly onResample?: (done: number) => void;
  /** Aborts with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
};

/** Measures how far the two sides of each comparison agree from each perspective. */
export async function measureAgreement(
  ratings: Ratings,
  { resamples = 2000, seed = 0, onResample, signal }: MeasureAgreementOptions = {},
): Promise<AgreementReport> {
  const { items, perspectives, strict, incomplete } = ratings;
  const each = intervalsEach(ratings) * resamples;
  let finished = 0;
  const comparisons: ComparisonAgreement[] = [];
  for (const comparison of ratings.comparisons) {
    const measured: [string, PerspectiveAgreement][] = [];
    for (const perspective of perspectives) {
      let done = finished;
      const settings = { resamples, seed, signal, onResample: () => onResample?.((done += 1)) };
      measured.push([perspective, await measurePerspective(ratings, comparison, perspective, settings)]);
      finished += each;
    }
    const { judge, reference } = comparison;
    comparisons.push({
      judge: judge.name,
      reference: reference.name,
      perspectives: Object.fromEntries(measured),
    });
  }
  const differences: JudgeDifference[] = [];
  for (const pair of judgePairs(ratings)) {
    let done = finished;
    const settings = { resamples, seed, signal, onResample: () => onResample?.((done += 1)) };
    differences.push(await measureDifference(ratings, pair, settings));
    finished += DIFFERENCES * perspectives.length * resamples;
  }
  const costs = ratings.costs.map((cost) => {
    const comparison = comparisons.find(({ judge }) => judge === cost.judge);
    const spearman = comparison?.perspectives[perspectives.at(-1)!].spearman;
    const agreement = spearman?.fisherMean.value ?? null;
    const interval = spearman?.fisherInterval ?? null;
    return { ...cost, agreement, interval, dollarsPerAgreement: costPerAgreement(cost, agreement) };
  });
  const bootstrap = { resamples, seed };
  return { items: items.count, strict, bootstrap, incomplete, comparisons, differences, costs };
}

/** The total number of resamples, given that of each interval. */
export function countResamples(ratings: Ratings, resamples: number): number {
  const intervals =
    ratings.comparisons.length * intervalsEach(ratings) + judgePairs(ratings).length * DIFFERENCES;
  return intervals * ratings.perspectives.length * resamples;
}

function intervalsEach({ items }: Ratings): number {
  return items.tasks < items.count ? 3 : 2;
}
