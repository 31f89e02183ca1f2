import { applyMap, type MonotoneMap } from '@rewardedit/annotate';
import { createRandom } from '@rewardedit/core';
import type { Comparison, Ratings } from '../agreement/ratings.ts';
import { bothRated, select } from '../agreement/select.ts';
import { bootstrapInterval, type Interval } from '../statistics/bootstrap.ts';
import { toCodes, type Codes } from '../statistics/codes.ts';
import { krippendorffAlpha } from '../statistics/krippendorff-alpha.ts';
import { rankCorrelation } from '../statistics/spearman.ts';
import { fitIsotonic } from './isotonic.ts';

/** A figure with its 95 % interval, resampling tasks. */
export type CalibrationFigure = { readonly value: number | null; readonly interval: Interval | null };

/** How far a judge's scores are from people's. */
export type ScoreAgreement = {
  readonly meanAbsoluteError: CalibrationFigure;
  readonly alpha: CalibrationFigure;
  readonly spearman: CalibrationFigure;
};

export type PerspectiveCalibration = {
  /** The map of a judge's scores, fitted to all items. */
  readonly map: MonotoneMap;
  readonly n: number;
  readonly tasks: number;
  /** The judge's own scores. */
  readonly before: ScoreAgreement;
  /** Each score mapped by a fit to other tasks: the effect to expect on new scores. */
  readonly heldOut: ScoreAgreement;
  /** `heldOut` less `before`, resampled together. */
  readonly difference: ScoreAgreement;
};

export type Calibration = {
  readonly judge: string;
  readonly reference: string;
  readonly folds: number;
  readonly seed: number;
  readonly perspectives: Readonly<Record<string, PerspectiveCalibration>>;
};

export type CalibrateOptions = {
  /** The number of folds; each is mapped by a fit to the others. */
  readonly folds?: number;
  readonly resamples?: number;
  readonly seed?: number;
  readonly onResample?: (done: number) => void;
  readonly signal?: AbortSignal | undefined;
};

/** With fewer tasks, the map would be noise. */
export const LEAST_TASKS = 20;

const FIGURES = ['meanAbsoluteError', 'alpha', 'spearman'] as const;
type FigureName = (typeof FIGURES)[number];
type Figures = Readonly<Record<FigureName, number | null>>;

const KINDS = ['before', 'heldOut', 'difference'] as const;

/** The number of resamples that `calibrate` draws. */
export function countCalibrationResamples({ perspectives }: Ratings, resamples: number): number {
  return perspectives.length * KINDS.length * FIGURES.length * resamples;
}

/**
 * Fits, for each perspective, a monotonic map from a judge's scores to the reference's, and measures its effect on their
 * agreement by cross-validation over tasks. Leaves out perspectives with fewer than `LEAST_TASKS` tasks.
 */
export async function calibrate(
  { items, perspectives }: Pick<Ratings, 'items' | 'perspectives'>,
  { judge, reference }: Comparison,
  options: CalibrateOptions = {},
): Promise<Calibration> {
  const { folds = 5, resamples = 1000, seed = 0, onResample, signal } = options;
  const measured: [string, PerspectiveCalibration][] = [];
  let done = 0;
  for (const perspective of perspectives) {
    const [x, y] = [judge.values(perspective), reference.values(perspective)];
    const rated = bothRated(x, y);
    const tasks = toCodes(Float64Array.from(rated, (item) => items.task[item]));
    if (tasks.distinct.length < LEAST_TASKS) continue;
    const [scores, truth] = [select(x, rated), select(y, rated)];
    const mapped = crossValidated(scores, truth, tasks, folds, createRandom(seed, 'folds', perspective));
    const figures = (kind: (typeof KINDS)[number], name: FigureName): Statistic => {
      const before: Statistic = (drawn) => MEASURES[name](select(scores, drawn), select(truth, drawn));
      const after: Statistic = (drawn) => MEASURES[name](select(mapped, drawn), select(truth, drawn));
      if (kind === 'before') return before;
      return kind === 'heldOut' ? after : (drawn) => minus(after(drawn), before(drawn));
    };
    const agreements = {} as Record<(typeof KINDS)[number], ScoreAgreement>;
    for (const kind of KINDS) {
      const all: [FigureName, CalibrationFigure][] = [];
      for (const name of FIGURES) {
        const statistic = figures(kind, name);
        const interval = await bootstrapInterval({
          units: tasks.codes,
          unitCount: tasks.distinct.length,
          resamples,
          random: createRandom(seed, 'calibration', perspective),
          statistic: (weights) => statistic(repeated(weights)),
          onResample: () => onResample?.((done += 1)),
          signal,
        });
        all.push([name, { value: statistic(Int32Array.from(rated.keys())), interval }]);
      }
      agreements[kind] = Object.fromEntries(all) as Record<FigureName, CalibrationFigure>;
    }
    const map = fitIsotonic(scores, truth);
    measured.push([perspective, { map, n: rated.length, tasks: tasks.distinct.length, ...agreements }]);
  }
  return {
    judge: judge.name,
    reference: reference.name,
    ...{ folds, seed },
    perspectives: Object.fromEntries(measured),
  };
}

/** A figure over items given by position, with repetitions. */
type Statistic = (drawn: Int32Array) => number | null;

const MEASURES: Readonly<
  Record<FigureName, (scores: Float64Array, truth: Float64Array) => Figures[FigureName]>
> = {
  meanAbsoluteError: (scores, truth) =>
    scores.reduce((sum, score, i) => sum + Math.abs(score - truth[i]), 0) / scores.length,
  alpha: (scores, truth) => krippendorffAlpha([scores, truth], 'interval'),
  spearman: (scores, truth) => rankCorrelation(toCodes(scores), toCodes(truth)),
};

function minus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b;
}

/** Repeats each position as often as it was drawn. */
function repeated(weights: Uint32Array): Int32Array {
  const drawn = new Int32Array(weights.reduce((sum, weight) => sum + weight, 0));
  let at = 0;
  for (let i = 0; i < weights.length; i++) for (let n = 0; n < weights[i]; n++) drawn[at++] = i;
  return drawn;
}

/** Maps each score by the fit to the other folds. */
function crossValidated(
  scores: Float64Array,
  truth: Float64Array,
  tasks: Codes,
  folds: number,
  random: ReturnType<typeof createRandom>,
): Float64Array {
  const fold = shuffledFolds(tasks.distinct.length, folds, random);
  const mapped = new Float64Array(scores.length);
  for (let held = 0; held < folds; held++) {
    const positions = Int32Array.from(scores.keys());
    const others = positions.filter((i) => fold[tasks.codes[i]] !== held);
    const map = fitIsotonic(select(scores, others), select(truth, others));
    for (const i of positions) if (fold[tasks.codes[i]] === held) mapped[i] = applyMap(map, scores[i]);
  }
  return mapped;
}

/** Assigns tasks to folds of equal size, give or take one. */
function shuffledFolds(tasks: number, folds: number, random: ReturnType<typeof createRandom>): Int32Array {
  const fold = Int32Array.from({ length: tasks }, (_, task) => task % folds);
  for (let last = tasks - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    [fold[last], fold[other]] = [fold[other], fold[last]];
  }
  return fold;
}
