import { RewardEditError, mapAhead, type EditKind, type Emit, type Reward } from '@rewardedit/core';
import type { Dataset } from '../dataset/open-dataset.ts';
import { ROWS_AHEAD, datasetRows, orReason, pictureBytes, type DatasetRow } from './dataset-rows.ts';
import { createDuplicateFinder, type Deduplication, type DuplicateFinder } from './duplicates.ts';
import { evaluate } from './evaluate-expression.ts';
import type { Expression } from './expression.ts';
import { writeView } from './write-view.ts';

export type FilterOptions = {
  readonly dataset: Dataset;
  /** Path of the view to write; see `viewPath`. */
  readonly out: string;
  /** Condition for a triplet to be kept; by default all are kept. */
  readonly where?: Expression | undefined;
  readonly deduplicate?: Deduplication | undefined;
  /** Looks up a judge's answer about a triplet. Without a reward of a judge, the one in its line counts. */
  readonly answerOf?: (id: string) => Promise<Answered | undefined>;
  /** Receives the progress and the rows that are set aside. */
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
};

/** The reward of a triplet, other measures, and the kind of edit. */
export type Answered = {
  readonly reward?: Reward | undefined;
  readonly measures?: Readonly<Record<string, number>> | undefined;
  /** Counts if the triplet itself has none. */
  readonly kind?: EditKind | undefined;
};

export type FilterSummary = {
  readonly kept: number;
  /** Triplets for which the condition is false. */
  readonly rejected: number;
  /** Triplets for which it depends on a missing value; they are left out, too. */
  readonly unknown: number;
  readonly duplicates: number;
  /** Triplets left out because a picture cannot be read. Pictures are read only to find duplicates. */
  readonly unreadable: number;
};

/**
 * Writes the lines of a dataset that meet a condition as a view of it. Of duplicates, the first is kept. Throws 'bad-input' if the metadata is
 * damaged, 'interrupted' once `signal` is aborted; the view is then unchanged.
 */
export async function filterDataset(options: FilterOptions): Promise<FilterSummary> {
  const { dataset, out, where, deduplicate, answerOf, emit, signal } = options;
  const counts = { kept: 0, rejected: 0, unknown: 0, duplicates: 0, unreadable: 0 };
  const finder = deduplicate && createDuplicateFinder(deduplicate);
  let done = 0;

  async function* matching(): AsyncGenerator<DatasetRow> {
    for await (const row of datasetRows(dataset)) {
      if (signal?.aborted === true) {
        throw new RewardEditError('interrupted', `stopped after ${done} triplets`, {
          where: out,
          hint: 'the same command starts over',
        });
      }
      done += 1;
      emit?.({ type: 'progress', done });
      const { triplet } = row;
      const { reward = triplet.reward, measures, ...named } = (await answerOf?.(triplet.id)) ?? {};
      const kind = triplet.kind ?? named.kind;
      const truth = where === undefined ? true : evaluate(where, { ...triplet, kind, reward, measures });
      if (truth === true) yield row;
      else counts[truth === undefined ? 'unknown' : 'rejected'] += 1;
    }
  }

  async function* kept(): AsyncGenerator {
    if (finder === undefined) {
      for await (const { line } of matching()) {
        counts.kept += 1;
        yield line;
      }
      return;
    }
    const described = mapAhead(
      matching(),
      async (row) => ({ row, traits: await orReason(row, () => describe(finder, dataset, row)) }),
      ROWS_AHEAD,
    );
    for await (const { row, traits } of described) {
      if ('reason' in traits) {
        counts.unreadable += 1;
        emit?.({ type: 'quarantined', ...traits });
      } else if (finder.earlier(traits) !== undefined) counts.duplicates += 1;
      else {
        counts.kept += 1;
        yield row.line;
      }
    }
  }

  await writeView(out, kept());
  return counts;
}

async function describe(finder: DuplicateFinder, dataset: Dataset, { triplet }: DatasetRow) {
  const [original, edited] = await Promise.all([
    pictureBytes(dataset, triplet.original),
    pictureBytes(dataset, triplet.edited),
  ]);
  return finder.describe({ original, edited, instruction: triplet.instruction });
}
