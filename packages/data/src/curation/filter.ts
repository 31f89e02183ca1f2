import { RewardEditError, type Emit, type Reward } from '@rewardedit/core';
import type { Dataset } from '../dataset/open-dataset.ts';
import { mapAhead } from '../formats/converting/map-ahead.ts';
import { ROWS_AHEAD, datasetRows, orReason, type DatasetRow } from './dataset-rows.ts';
import { createDuplicateFinder, type Deduplication } from './duplicates.ts';
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
  /** The reward that a triplet got from a judge; else that of its line counts. */
  readonly rewardOf?: (id: string) => Promise<Reward | undefined>;
  /** Told of the rows done, and of those set aside. */
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
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
  const { dataset, out, where, deduplicate, rewardOf, emit, signal } = options;
  const counts = { kept: 0, rejected: 0, unknown: 0, duplicates: 0, unreadable: 0 };
  const finder = deduplicate && createDuplicateFinder(dataset, deduplicate);
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
      const reward = (await rewardOf?.(row.triplet.id)) ?? row.triplet.reward;
      const truth = where === undefined ? true : evaluate(where, { ...row.triplet, reward });
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
      async (row) => ({ row, traits: await orReason(row, () => finder.describe(row.triplet)) }),
      ROWS_AHEAD,
    );
    for await (const { row, traits } of described) {
      if ('reason' in traits) {
        counts.unreadable += 1;
        emit?.({ type: 'quarantined', ...traits });
      } else if (finder.isDuplicate(traits)) counts.duplicates += 1;
      else {
        counts.kept += 1;
        yield row.line;
      }
    }
  }

  await writeView(out, kept());
  return counts;
}
