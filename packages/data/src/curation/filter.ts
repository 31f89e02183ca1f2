import { RewardEditError, mapAhead, type EditKind, type Emit, type Reward } from '@rewardedit/core';
import type { Dataset } from '../dataset/open-dataset.ts';
import { ROWS_AHEAD, datasetRows, orReason, pictureBytes, type DatasetRow } from './dataset-rows.ts';
import { createDuplicateFinder, type Deduplication, type DuplicateFinder } from './duplicates.ts';
import { evaluate } from './evaluate-expression.ts';
import type { Expression } from './expression.ts';
import { writeView } from './write-view.ts';

export type FilterOptions = {
  readonly dataset: Dataset;
  /** The view to write; see `viewPath`. */
  readonly out: string;
  /** What has to hold; everything is kept where nothing is given. */
  readonly where?: Expression | undefined;
  readonly deduplicate?: Deduplication | undefined;
  /** What a judge answered about a triplet; without a reward of a judge, that of its line counts. */
  readonly answerOf?: (id: string) => Promise<Answered | undefined>;
  /** Told of the rows done, and of those set aside. */
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
};

/** The reward of a triplet, and what was counted, measured or named besides. */
export type Answered = {
  readonly reward?: Reward | undefined;
  readonly measures?: Readonly<Record<string, number>> | undefined;
  /** Counts where the triplet itself has none. */
  readonly kind?: EditKind | undefined;
};

export type FilterSummary = {
  readonly kept: number;
  /** Triplets for which the condition is false. */
  readonly rejected: number;
  /** Triplets for which it depends on a score or another value that is missing; they are left out, too. */
  readonly unknown: number;
  readonly duplicates: number;
  /** Triplets left out because a picture cannot be read, which only looking for duplicates finds out. */
  readonly unreadable: number;
};

/**
 * Writes the lines of a dataset for which a condition holds as a view of it. Of triplets that are duplicates, the first is
 * kept. Throws 'bad-input' where the metadata is damaged, 'interrupted' when `signal` says so; the view is then as it was.
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
          hint: 'the same command begins anew',
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
