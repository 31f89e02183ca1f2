import type { AgreementReport, ComparisonAgreement, PerspectiveAgreement } from './agreement-report.ts';
import { measurePerspective } from './measure-perspective.ts';
import type { Ratings } from './ratings.ts';

export type MeasureAgreementOptions = {
  /** Resamples for each interval; 2000 by default, 0 for no intervals. */
  readonly resamples?: number;
  readonly seed?: number;
  /** Told how many resamples are done, of those that `countResamples` says. */
  readonly onResample?: (done: number) => void;
  /** Stops the work with the signal's reason. */
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
  return { items: items.count, strict, bootstrap: { resamples, seed }, incomplete, comparisons };
}

/** How many resamples are drawn in all, where each interval has so many. */
export function countResamples(ratings: Ratings, resamples: number): number {
  return ratings.comparisons.length * ratings.perspectives.length * intervalsEach(ratings) * resamples;
}

function intervalsEach({ items }: Ratings): number {
  return items.tasks < items.count ? 2 : 1;
}
