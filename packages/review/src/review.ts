import { basename } from 'node:path';
import { correctionsPath, rewardsPath } from '@rewardedit/annotate';
import {
  HIGHEST_SCORE,
  PERSPECTIVES,
  PERSPECTIVE_TITLES,
  RewardEditError,
  type Emit,
} from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import { openCorrectedRows } from './corrected-rows.ts';
import { loadRows, type LoadedRows } from './load-rows.ts';
import {
  LONGEST_FEEDBACK,
  ROWS_PER_PAGE,
  ROW_KINDS,
  type About,
  type Change,
  type PictureRole,
  type RowDetails,
  type RowQuery,
  type RowsPage,
  type Saved,
} from './protocol.ts';
import { openRowFiles, type RowFiles } from './row-files.ts';
import { createRowLists } from './row-lists.ts';
import { rowSearch } from './row-search.ts';
import { correctionShown, rowDetails, rowSummary } from './row-views.ts';
import { selectRows } from './select-rows.ts';

/** A dataset with its rewards, opened for viewing and correcting. */
export type Review = {
  readonly about: About;
  /** Returns a page, from 0, of the rows that match a query; `list` is the number of an earlier list. */
  page(query: RowQuery, page: number, list?: number): Promise<RowsPage>;
  details(row: number): Promise<RowDetails>;
  /**
   * Returns the path of a row's picture, or undefined if it has none in that role. Throws 'bad-input' for a name outside the
   * dataset's folder.
   */
  picturePath(row: number, role: PictureRole): Promise<string | undefined>;
  /** Saves a change of a person's correction; once the promise resolves, it is on the disk. */
  save(change: Change): Promise<Saved>;
  /** The number of changes saved since it was opened, and of triplets corrected by people so far. */
  counts(): { readonly saved: number; readonly corrected: number };
  /** Waits for pending saves. */
  close(): Promise<void>;
};

export type ReviewOptions = {
  readonly dataset: Dataset;
  /** The journal of a judge's answers, by default `rewards.jsonl` in the dataset's folder. It need not exist. */
  readonly journal?: string | undefined;
  readonly emit?: Emit;
  /** Aborts opening. */
  readonly signal?: AbortSignal;
};

/**
 * Opens a dataset for review. The files are read once; answers written later are not shown. Throws 'bad-input' if the dataset or
 * a journal is damaged, 'interrupted' on `signal`.
 */
export async function openReview(options: ReviewOptions): Promise<Review> {
  const { dataset, journal = rewardsPath(dataset) } = options;
  const index = await dataset.index();
  let files: RowFiles | undefined;
  try {
    const rows = await loadRows({ ...options, journal, count: index.count });
    files = await openRowFiles(index, journal, rows);
    return await reviewOf(dataset, { rows, journal, files });
  } catch (error) {
    await (files ?? index).close();
    throw error;
  }
}

async function reviewOf(
  dataset: Dataset,
  { rows: loaded, journal, files }: { rows: LoadedRows; journal: string; files: RowFiles },
): Promise<Review> {
  const { table, rowOf } = loaded;
  const corrected = await openCorrectedRows({
    path: correctionsPath(journal),
    table,
    rowOf,
    async judgedReward(row) {
      const answer = await files.answer(row);
      return answer !== undefined && 'reward' in answer ? answer.reward : (await files.triplet(row)).reward;
    },
  });
  const lists = createRowLists((query) => selectRows(table, query, rowSearch(query.text, loaded, corrected)));
  const assertRow = (row: number) => {
    if (row < table.count) return;
    throw new RewardEditError('bad-input', `there is no row ${row + 1}, the dataset has ${table.count}`);
  };

  return {
    about: describe(dataset, loaded),
    async page(query, page, list) {
      const { rows, facets, list: number } = lists.find(query, list);
      const first = page * ROWS_PER_PAGE;
      const shown = [...rows.subarray(first, first + ROWS_PER_PAGE)];
      return {
        list: number,
        total: rows.length,
        page,
        rows: await Promise.all(shown.map((row) => rowSummary(row, table, files))),
        facets,
      };
    },
    async details(row) {
      assertRow(row);
      return rowDetails(row, files, corrected.corrections.get(row));
    },
    async picturePath(row, role) {
      assertRow(row);
      const name = (await files.triplet(row))[role];
      return name === undefined ? undefined : dataset.resolve(name);
    },
    async save(change) {
      const { position } = change;
      await corrected.save(change);
      const row = await rowSummary(position, table, files);
      return { number: corrected.saved(), row, ...correctionShown(corrected.corrections.get(position)) };
    },
    counts: () => ({ saved: corrected.saved(), corrected: corrected.corrections.size }),
    async close() {
      await corrected.close();
      await files.close();
    },
  };
}

function describe(dataset: Dataset, { table, judge }: LoadedRows): About {
  return {
    name: basename(dataset.folder),
    count: table.count,
    ...(judge !== undefined && { judge: judge.name }),
    highestScore: HIGHEST_SCORE,
    longestFeedback: LONGEST_FEEDBACK,
    rowsPerPage: ROWS_PER_PAGE,
    perspectives: PERSPECTIVES.map((name) => ({ name, title: PERSPECTIVE_TITLES[name] })),
    kinds: ROW_KINDS,
    measures: [...table.measures.keys()],
  };
}
