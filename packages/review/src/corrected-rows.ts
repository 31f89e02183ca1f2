import { correctReward, readCorrections, type Correction } from '@rewardedit/annotate';
import { RewardEditError, type Reward } from '@rewardedit/core';
import { applyChange } from './apply-change.ts';
import { createCorrectionJournal } from './correction-journal.ts';
import type { Change } from './protocol.ts';
import { setReward, type RowTable } from './row-table.ts';

/** People's corrections by row, and how to change them. */
export type CorrectedRows = {
  readonly corrections: ReadonlyMap<number, Correction>;
  /** The number of changes saved since it was opened. */
  saved(): number;
  /** Saves a change of a row's correction: once the promise resolves, it is on the disk and in the table. */
  save(change: Change): Promise<void>;
  close(): Promise<void>;
};

export type CorrectedRowsOptions = {
  /** The file of corrections. */
  readonly path: string;
  readonly table: RowTable;
  readonly rowOf: ReadonlyMap<string, number>;
  /** The judge's answer about a row. */
  readonly judgedReward: (row: number) => Promise<Reward | undefined>;
};

/** Reads the corrections, enters them in the table, and keeps both up to date. Throws 'bad-input' if a line is damaged. */
export async function openCorrectedRows({
  path,
  table,
  rowOf,
  judgedReward,
}: CorrectedRowsOptions): Promise<CorrectedRows> {
  const corrections = new Map<number, Correction>();
  const enter = (row: number, correction: Correction | undefined, judged: Reward | undefined) => {
    setReward(table, row, correction === undefined ? judged : correctReward(judged, correction.reward));
    table.isCorrected[row] = correction === undefined ? 0 : 1;
    if (correction === undefined) corrections.delete(row);
    else corrections.set(row, correction);
  };
  const enterAll = async (said: ReadonlyMap<string, Correction>) => {
    for (const [row, { id }] of corrections)
      if (!said.has(id)) enter(row, undefined, await judgedReward(row));
    for (const [id, correction] of said) {
      const row = rowOf.get(id);
      if (row !== undefined) enter(row, correction, await judgedReward(row));
    }
  };
  await enterAll(await readCorrections(path));
  const journal = createCorrectionJournal(path, enterAll);

  let saved = 0;
  const saveNow = async (change: Change) => {
    const { position: row, id } = change;
    if (rowOf.get(id) !== row) {
      throw new RewardEditError('bad-input', 'the page shows another dataset than the one now open', {
        hint: 'reload the page',
      });
    }
    const judged = await judgedReward(row);
    await journal.open();
    const reward = applyChange(corrections.get(row)?.reward, change);
    const correction = { id, reward, time: new Date().toISOString() };
    await journal.append(correction);
    saved += 1;
    const isWithdrawn = Object.keys({ ...reward.scores, ...reward.feedback }).length === 0;
    enter(row, isWithdrawn ? undefined : correction, judged);
  };
  // One after the other, since each builds on the one before.
  let last: Promise<void> = Promise.resolve();

  return {
    corrections,
    saved: () => saved,
    save(change) {
      const saving = last.then(() => saveNow(change));
      last = saving.catch(() => undefined);
      return saving;
    },
    async close() {
      await last;
      await journal.close();
    },
  };
}
