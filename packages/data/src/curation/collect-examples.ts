import {
  PERSPECTIVES,
  RewardEditError,
  mapAhead,
  type EditKind,
  type Emit,
  type Reward,
} from '@rewardedit/core';
import { checkTriplet } from '../formats/rows/checked-triplet.ts';
import type { SourceRow, TripletSource } from '../formats/rows/source-triplet.ts';
import { ROWS_AHEAD } from './dataset-rows.ts';
import { createDuplicateFinder, type DescribedTriplet } from './duplicates.ts';

/** A triplet to show, with its encoded pictures. */
export type ShownTriplet = {
  readonly id: string;
  readonly instruction: string;
  readonly kind?: EditKind | undefined;
  readonly reward?: Reward | undefined;
  readonly original: Uint8Array;
  readonly edited: Uint8Array;
};

export type CollectedExamples = {
  /** Triplets with the highest and the lowest mean of all three scores, best and worst first. */
  readonly best: readonly ShownTriplet[];
  readonly worst: readonly ShownTriplet[];
  /** The first triplets of each kind of edit. */
  readonly kinds: ReadonlyMap<EditKind, readonly ShownTriplet[]>;
  readonly duplicates: Readonly<Record<'exact' | 'near', DuplicateSummary>>;
};

export type DuplicateSummary = {
  /** Triplets that repeat an earlier one. */
  readonly count: number;
  /** Some of them, with the id of the earlier triplet. */
  readonly examples: readonly (ShownTriplet & { readonly like: string })[];
};

/** Limit on the triplets of each kind. */
const OF_KIND = 4;

/** Collects the triplets of a dataset that are worth a look: the best, the worst, some of each kind, and duplicates. */
export async function collectExamples(
  source: TripletSource,
  {
    most,
    distance,
    emit,
    signal,
  }: {
    /** Limit on the triplets in each list. */
    readonly most: number;
    /** Limit on the differing bits, of 64, of near pictures. */
    readonly distance: number;
    readonly emit?: Emit;
    readonly signal?: AbortSignal;
  },
): Promise<CollectedExamples> {
  const best = keepHighest(most, (mean) => mean);
  const worst = keepHighest(most, (mean) => -mean);
  const kinds = new Map<EditKind, ShownTriplet[]>();
  const repeats = {
    exact: createRepeats('exact', distance, most),
    near: createRepeats('near', distance, most),
  };
  let done = 0;
  for await (const found of mapAhead(source.rows(), (row) => described(row, repeats), ROWS_AHEAD)) {
    if (signal?.aborted === true) throw new RewardEditError('interrupted', `stopped after ${done} rows`);
    done += 1;
    emit?.({ type: 'progress', done });
    if (found === undefined) continue;
    const { shown, traits } = found;
    if (shown.kind !== undefined) {
      const ofKind = kinds.get(shown.kind) ?? [];
      kinds.set(shown.kind, ofKind);
      if (ofKind.length < Math.min(most, OF_KIND)) ofKind.push(shown);
    }
    const mean = meanOf(shown.reward);
    if (mean !== undefined) for (const kept of [best, worst]) kept.offer(mean, shown);
    // Exact duplicates are near duplicates too, but are counted once.
    if (!repeats.exact.add(traits.exact, shown) && traits.near !== undefined)
      repeats.near.add(traits.near, shown);
  }
  return {
    best: best.kept(),
    worst: worst.kept(),
    kinds,
    duplicates: { exact: repeats.exact.summary(), near: repeats.near.summary() },
  };
}

type Repeats = ReturnType<typeof createRepeats>;

function createRepeats(how: 'exact' | 'near', distance: number, most: number) {
  const finder = createDuplicateFinder({ how, distance });
  const ids: string[] = [];
  const examples: (ShownTriplet & { like: string })[] = [];
  let count = 0;
  return {
    describe: (triplet: DescribedTriplet) => finder.describe(triplet),
    /** Whether the triplet repeats an earlier one. */
    add(traits: Awaited<ReturnType<typeof finder.describe>>, shown: ShownTriplet): boolean {
      const earlier = finder.earlier(traits);
      if (earlier === undefined) {
        ids.push(shown.id);
        return false;
      }
      count += 1;
      if (examples.length < most) examples.push({ ...shown, like: ids[earlier] });
      return true;
    },
    summary: (): DuplicateSummary => ({ count, examples }),
  };
}

/** Reads a triplet's pictures and hashes it for both kinds of duplicates. Pictures that cannot be decoded have no near duplicates. */
async function described(row: SourceRow, repeats: Readonly<Record<'exact' | 'near', Repeats>>) {
  if ('unusable' in row) return undefined;
  const { id, instruction, kind, reward } = row.record;
  try {
    const { original, edited } = (await checkTriplet(row)).pictures;
    const shown = { id, instruction, kind, reward, original: original.bytes, edited: edited.bytes };
    const exact = await repeats.exact.describe(shown);
    const near = await repeats.near.describe(shown).catch(unreadable);
    return { shown, traits: { exact, near } };
  } catch (error) {
    return unreadable(error);
  }
}

function unreadable(error: unknown): undefined {
  if (!(error instanceof RewardEditError) || error.code !== 'bad-input') throw error;
  return undefined;
}

function meanOf(reward: Reward | undefined): number | undefined {
  const scores = PERSPECTIVES.flatMap((name) => reward?.scores[name] ?? []);
  if (scores.length < PERSPECTIVES.length) return undefined;
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

/** Keeps the triplets that rank highest; of equal ones, the earlier ones. */
function keepHighest(most: number, rank: (mean: number) => number) {
  const kept: { readonly at: number; readonly shown: ShownTriplet }[] = [];
  return {
    offer(mean: number, shown: ShownTriplet) {
      const at = rank(mean);
      if (kept.length === most && at <= kept[most - 1].at) return;
      const place = kept.findIndex((other) => other.at < at);
      kept.splice(place < 0 ? kept.length : place, 0, { at, shown });
      if (kept.length > most) kept.pop();
    },
    kept: () => kept.map(({ shown }) => shown),
  };
}
