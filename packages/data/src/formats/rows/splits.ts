import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import type { SourceRow, TripletSource } from './source-triplet.ts';

/** Names of splits that Hugging Face's `datasets` looks for in the names of files and folders. */
const SPLIT_NAME =
  /(?:^|[^a-z0-9])(train|training|validation|valid|val|dev|test|testing|eval|evaluation)(?=[^a-z0-9]|$)/gi;

/** Returns the split in a file's path below its dataset, in lower case. The last match counts, because folders come first. */
export function splitOf(stem: string): string | undefined {
  return [...stem.matchAll(SPLIT_NAME)].at(-1)?.[1].toLowerCase();
}

/** Returns the split of each file. If every file is called `train`, there are none: that is how a dataset without splits is named. */
export function splitsOf(stems: readonly string[]): readonly (string | undefined)[] {
  const splits = stems.map(splitOf);
  const names = new Set(splits);
  return names.size === 1 && (names.has('train') || names.has('training'))
    ? splits.map(() => undefined)
    : splits;
}

/** Lists the folders directly in a dataset that contain a file of one of these names, sorted. The folder's name is the split. */
export async function listSplitFolders(
  path: string,
  fileNames: readonly string[],
): Promise<readonly { readonly folder: string; readonly split: string }[]> {
  const has = (folder: string) => fileNames.some((name) => existsSync(join(folder, name)));
  if (has(path)) return [];
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => ({ folder: join(path, name), split: name }))
      .filter(({ folder }) => has(folder))
      .sort((a, b) => (a.split < b.split ? -1 : 1));
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the dataset', path });
  }
}

/** Sets the split of a row to that of its file, unless the row has its own. */
export function withSplit(row: SourceRow, split: string | undefined): SourceRow {
  if (split === undefined || 'unusable' in row || row.record.split !== undefined) return row;
  return { ...row, record: { ...row.record, split } };
}

/** Names of splits in published datasets that measure what was learned. */
const HELD_OUT: ReadonlySet<string> = new Set([
  'test',
  'testing',
  'val',
  'valid',
  'validation',
  'dev',
  'eval',
  'evaluation',
  'held-out',
]);

/** Whether a split is for measuring what was learned, so that nothing may be trained on it. */
export function isHeldOut(split: string | undefined): boolean {
  return split !== undefined && HELD_OUT.has(split.toLowerCase());
}

/** Reads the triplets of one split. Throws 'bad-input' after the last row if there were none, naming the splits of the dataset. */
export function onlySplit(source: TripletSource, split: string): TripletSource {
  return {
    ...source,
    async *rows() {
      const others = new Set<string>();
      let found = false;
      for await (const row of source.rows()) {
        if ('unusable' in row || row.record.split === split) {
          found ||= !('unusable' in row);
          yield row;
        } else if (row.record.split !== undefined) others.add(row.record.split);
      }
      if (found) return;
      throw new RewardEditError('bad-input', `there are no triplets in the split ${split}`, {
        hint: others.size > 0 ? `the splits are ${[...others].join(', ')}` : 'the dataset has no splits',
      });
    },
  };
}
