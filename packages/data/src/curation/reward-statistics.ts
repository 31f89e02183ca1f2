import {
  EDIT_KINDS,
  HIGHEST_SCORE,
  PERSPECTIVES,
  RewardEditError,
  type EditKind,
  type Perspective,
  type Emit,
  type Reward,
} from '@rewardedit/core';
import type { SourceRow, SourceTriplet } from '../formats/rows/source-triplet.ts';
import { readPictureHeader } from '../pictures/picture-header.ts';
import { createPairShapes, type PairShapes } from './pair-shapes.ts';
import { createCorrelation, createRunning, createTally, type Running } from './running.ts';

/** The scores of one perspective. */
export type ScoreSummary = {
  /** Triplets that have the score. */
  readonly count: number;
  readonly missing: number;
  readonly mean?: number;
  readonly deviation?: number;
};

export type RewardStatistics = {
  readonly triplets: number;
  /** Rows that are not triplets. */
  readonly unusable: number;
  readonly scores: Readonly<Record<Perspective, ScoreSummary>>;
  /** How often each score occurs, rounded to halves: 0, 0.5, ... 5. */
  readonly histograms: Readonly<Record<Perspective, readonly number[]>>;
  readonly correlations: readonly {
    readonly between: readonly [Perspective, Perspective];
    readonly count: number;
    readonly correlation?: number;
  }[];
  /** By kind of edit; triplets without a kind are under "none". */
  readonly kinds: Readonly<
    Partial<
      Record<EditKind | 'none', Readonly<Record<Perspective, ScoreSummary>> & { readonly triplets: number }>
    >
  >;
  /** Sizes and shapes of the first pairs, if their pictures were compared. */
  readonly pairs?: PairShapes;
  /** The most frequent feedback. */
  readonly feedback: Readonly<
    Record<Perspective, readonly { readonly text: string; readonly count: number }[]>
  >;
};

/** Bin width of the histograms. */
export const HISTOGRAM_STEP = 0.5;

/** Limit on the different texts that are counted for each perspective, a few megabytes. */
const DIFFERENT_TEXTS = 20_000;
const TOP_TEXTS = 5;

/**
 * Computes statistics of the rewards of triplets, in constant memory. Throws 'interrupted' once `signal` is aborted.
 *
 * @param pairs number of pairs whose pictures are compared; 0 by default.
 */
export async function rewardStatistics(
  rows: AsyncIterable<SourceRow>,
  {
    emit,
    signal,
    pairs: pairsToCompare = 0,
  }: { readonly emit?: Emit; readonly signal?: AbortSignal; readonly pairs?: number } = {},
): Promise<RewardStatistics> {
  const shapes = createPairShapes();
  const total = perspectives(createRunning);
  const histograms = perspectives(() => Array.from({ length: HIGHEST_SCORE / HISTOGRAM_STEP + 1 }, () => 0));
  const texts = perspectives(() => createTally(DIFFERENT_TEXTS));
  const pairs = PERSPECTIVES.flatMap((a, i) =>
    PERSPECTIVES.slice(i + 1).map((b) => ({ between: [a, b] as const, running: createCorrelation() })),
  );
  const kinds = new Map<EditKind | 'none', { triplets: number; scores: Record<Perspective, Running> }>();
  let [triplets, unusable] = [0, 0];
  for await (const row of rows) {
    if (signal?.aborted === true) {
      throw new RewardEditError('interrupted', `stopped after ${triplets + unusable} rows`);
    }
    emit?.({ type: 'progress', done: triplets + unusable + 1 });
    if ('unusable' in row) {
      unusable += 1;
      continue;
    }
    triplets += 1;
    if (triplets <= pairsToCompare) await comparePair(row, shapes);
    const { kind = 'none', reward } = row.record;
    const ofKind = kinds.get(kind) ?? { triplets: 0, scores: perspectives(createRunning) };
    kinds.set(kind, ofKind);
    ofKind.triplets += 1;
    for (const name of PERSPECTIVES) {
      const [score, text] = [reward?.scores[name], reward?.feedback[name]];
      if (text !== undefined) texts[name].add(text);
      if (score === undefined) continue;
      total[name].add(score);
      ofKind.scores[name].add(score);
      histograms[name][Math.round(score / HISTOGRAM_STEP)] += 1;
    }
    for (const {
      between: [a, b],
      running,
    } of pairs) {
      const [x, y] = [reward?.scores[a], reward?.scores[b]];
      if (x !== undefined && y !== undefined) running.add(x, y);
    }
  }
  const summaries = (scores: Record<Perspective, Running>, all: number) =>
    perspectives((name) => summary(scores[name], all));
  return {
    triplets,
    unusable,
    scores: summaries(total, triplets),
    histograms,
    correlations: pairs.map(({ between, running }) => ({ between, ...running.summary() })),
    kinds: Object.fromEntries(
      [...EDIT_KINDS, 'none' as const].flatMap((kind) => {
        const found = kinds.get(kind);
        return found === undefined
          ? []
          : [[kind, { triplets: found.triplets, ...summaries(found.scores, found.triplets) }]];
      }),
    ),
    ...(pairsToCompare > 0 && { pairs: shapes.summary() }),
    feedback: perspectives((name) => texts[name].top(TOP_TEXTS).map(([text, count]) => ({ text, count }))),
  };
}

/** Summarizes the scores of rewards for each perspective. `triplets` is the number of all triplets, with or without a reward. */
export async function summarizeScores(
  rewards: AsyncIterable<Reward> | Iterable<Reward>,
  triplets: number,
): Promise<RewardStatistics['scores']> {
  const total = perspectives(createRunning);
  for await (const { scores } of rewards)
    for (const name of PERSPECTIVES) if (scores[name] !== undefined) total[name].add(scores[name]);
  return perspectives((name) => summary(total[name], triplets));
}

/** Skips pictures that cannot be read: finding them is not the purpose of statistics. */
async function comparePair(
  { pictures }: SourceTriplet,
  shapes: ReturnType<typeof createPairShapes>,
): Promise<void> {
  try {
    const [original, edited] = await Promise.all(
      [pictures.original, pictures.edited].map(async (read) => readPictureHeader(await read())),
    );
    shapes.add(original, edited);
  } catch (error) {
    if (!(error instanceof RewardEditError) || error.code !== 'bad-input') throw error;
  }
}

function perspectives<Value>(make: (name: Perspective) => Value): Record<Perspective, Value> {
  return Object.fromEntries(PERSPECTIVES.map((name) => [name, make(name)])) as Record<Perspective, Value>;
}

function summary(running: Running, triplets: number): ScoreSummary {
  const { count, mean, deviation } = running.summary();
  const missing = triplets - count;
  return mean === undefined || deviation === undefined
    ? { count, missing }
    : { count, missing, mean, deviation };
}
