import { existsSync } from 'node:fs';
import { quarantinePath, readAnswerLines, readQuarantine } from '@rewardedit/annotate';
import { RewardEditError, type Emit, type JudgeProvenance, type Reward } from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import { createRowTable, setKind, setMeasures, setReward, type RowTable } from './row-table.ts';
import { createTextIndex, type TextIndex } from './text-index.ts';

/** What memory holds about the rows of a dataset; the rest is read from the files when a row is shown. */
export type LoadedRows = {
  readonly table: RowTable;
  readonly texts: TextIndex;
  readonly rowOf: ReadonlyMap<string, number>;
  /** The line number, from 1, of each row's answer in the journal; 0 if it has none. */
  readonly answerLines: Uint32Array;
  /** The same in the quarantine. */
  readonly setAsideLines: Uint32Array;
  /** The judge of the first answer. */
  readonly judge: JudgeProvenance | undefined;
};

export type LoadOptions = {
  readonly dataset: Pick<Dataset, 'metadata' | 'triplets'>;
  readonly journal: string;
  /** Reads the rows of the dataset, without lines added since it was counted. */
  readonly count: number;
  readonly emit?: Emit | undefined;
  readonly signal?: AbortSignal | undefined;
};

const ROWS_PER_CALL = 1000;

/**
 * Reads a dataset and the answers about it, without the corrections, into memory. Throws 'bad-input' if one of the files is
 * damaged or an id occurs twice, 'interrupted' on `signal`.
 */
export async function loadRows({ dataset, journal, count, emit, signal }: LoadOptions): Promise<LoadedRows> {
  const table = createRowTable(count);
  const texts = createTextIndex();
  const rowOf = new Map<string, number>();
  const addReward = (row: number, reward: Reward) => {
    setReward(table, row, reward);
    texts.add(row, Object.values(reward.feedback));
  };
  const report = (done: number) => {
    if (signal?.aborted === true)
      throw new RewardEditError('interrupted', 'stopped before all rows were read');
    emit?.({ type: 'progress', done });
  };

  for await (const { id, instruction, kind = 'none', reward } of dataset.triplets()) {
    const row = rowOf.size;
    if (row === count) break;
    if (rowOf.has(id)) {
      throw new RewardEditError('bad-input', `two triplets have the id ${id}`, {
        where: dataset.metadata,
        hint: 'corrections are kept by id: give each triplet its own',
      });
    }
    rowOf.set(id, row);
    setKind(table, row, kind);
    texts.add(row, [id, instruction]);
    if (reward !== undefined) addReward(row, reward);
    if (row % ROWS_PER_CALL === 0) report(row);
  }

  const answerLines = new Uint32Array(count);
  let judge: JudgeProvenance | undefined;
  const answers = existsSync(journal) ? readAnswerLines(journal) : [];
  for await (const { value: answer, position } of answers) {
    if (position % ROWS_PER_CALL === 0) report(rowOf.size);
    const row = rowOf.get(answer.id);
    if (row === undefined) continue;
    answerLines[row] = position + 1;
    if (answer.missing !== undefined) texts.add(row, [answer.missing]);
    if (!('reward' in answer)) continue;
    judge ??= answer.reward.judge;
    addReward(row, answer.reward);
    if (answer.measures !== undefined) setMeasures(table, row, answer.measures);
  }

  const setAsideLines = new Uint32Array(count);
  const list = quarantinePath(journal);
  let line = 0;
  for await (const { id } of existsSync(list) ? readQuarantine(list) : []) {
    line += 1;
    const row = rowOf.get(id);
    if (row === undefined) continue;
    setAsideLines[row] = line;
    table.isSetAside[row] = 1;
  }
  report(rowOf.size);
  return { table, texts, rowOf, answerLines, setAsideLines, judge };
}
