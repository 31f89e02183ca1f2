import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reward } from '@rewardedit/core';
import { blankPicture, encodePng } from '@rewardedit/data';
import { onTestFinished } from 'vitest';
import type { RowQuery } from './protocol.ts';

/** Makes a line of metadata; pictures are small, grey and red by default. */
export type TestRow = { readonly id: string } & Readonly<Record<string, unknown>>;

export type TestDataset = {
  readonly rows: readonly TestRow[];
  readonly answers?: readonly object[];
  readonly quarantine?: readonly object[];
  readonly corrections?: readonly object[];
};

/** The query for all rows, in the order of the dataset. */
export const EVERYTHING: RowQuery = {
  text: '',
  kinds: [],
  reward: 'any',
  corrected: 'any',
  scores: {},
  sort: 'position',
  descending: false,
};

/** Makes a folder that is removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-review-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a dataset that is removed after the test; resolves to its folder. */
export async function testDataset({ rows, answers, quarantine, corrections }: TestDataset): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'pictures'));
  await writeFile(join(folder, 'pictures', 'grey.png'), encodePng(blankPicture(48, 32, [90, 90, 90])));
  await writeFile(join(folder, 'pictures', 'red.png'), encodePng(blankPicture(48, 32, [200, 60, 60])));
  const lines = (values: readonly object[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
  const pictures = { original_file_name: 'pictures/grey.png', edited_file_name: 'pictures/red.png' };
  const metadata = rows.map((row) => ({ instruction: `edit ${row.id}`, ...pictures, ...row }));
  await writeFile(join(folder, 'metadata.jsonl'), lines(metadata));
  const others = { rewards: answers, quarantine, corrections };
  for (const [name, values] of Object.entries(others))
    if (values !== undefined) await writeFile(join(folder, `${name}.jsonl`), lines(values));
  return folder;
}

/** Makes a judge's answer with a score and a text from each perspective. */
export function answerOf(
  id: string,
  [following, preserving, quality]: readonly [number, number, number],
  more: { readonly reward?: Partial<Reward>; readonly measures?: Record<string, number> } = {},
): object {
  const reward: Reward = {
    scores: { following, preserving, quality },
    feedback: {
      following: `follows ${id}`,
      preserving: `preserves ${id}`,
      quality: `looks ${id}`,
    },
    judge: { name: 'tester', version: '1' },
    ...more.reward,
  };
  return { id, reward, ...(more.measures !== undefined && { measures: more.measures }) };
}
