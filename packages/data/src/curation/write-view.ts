import { basename, dirname, join, resolve } from 'node:path';
import { RewardEditError, writeFileAtomic } from '@rewardedit/core';
import type { Dataset } from '../dataset/open-dataset.ts';

/** Files of a dataset folder that are not views. */
export const TAKEN_NAMES = ['metadata.jsonl', 'rewards.jsonl', 'rewrites.jsonl', 'quarantine.jsonl'];

/** Approximate number of characters that are written at once. */
const CHUNK = 256 * 1024;

/**
 * Returns the path of a view of a dataset: a `.jsonl` file in the dataset's folder with some of the lines of its metadata, which shares its
 * pictures and rewards. Throws 'usage' for a name in another folder or of a file with another purpose.
 *
 * @param name file name or path.
 */
export function viewPath(dataset: Pick<Dataset, 'folder' | 'metadata'>, name: string): string {
  const path = name === basename(name) ? join(dataset.folder, name) : resolve(name);
  const problem = (message: string) =>
    new RewardEditError('usage', message, {
      where: name,
      hint: `choose a new .jsonl file in ${dataset.folder}, because picture names are relative to it`,
    });
  if (resolve(dirname(path)) !== resolve(dataset.folder))
    throw problem('a view must be in the folder of its dataset');
  if (!path.endsWith('.jsonl')) throw problem('the name of a view must end with .jsonl');
  if (TAKEN_NAMES.includes(basename(path)) || path === dataset.metadata)
    throw problem('this file has another purpose');
  return path;
}

/** Writes the lines of a view atomically, replacing an earlier one. */
export async function writeView(path: string, lines: AsyncIterable<unknown>): Promise<void> {
  await writeFileAtomic(path, chunks(lines));
}

async function* chunks(lines: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  let text = '';
  for await (const line of lines) {
    text += `${JSON.stringify(line)}\n`;
    if (text.length < CHUNK) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}
