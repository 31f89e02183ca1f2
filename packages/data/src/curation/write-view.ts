import { basename, dirname, join, resolve } from 'node:path';
import { RewardEditError, writeFileAtomic } from '@rewardedit/core';
import type { Dataset } from '../dataset/open-dataset.ts';

/** Files of a dataset folder that are no views. */
export const TAKEN_NAMES = ['metadata.jsonl', 'rewards.jsonl', 'rewrites.jsonl', 'quarantine.jsonl'];

/** Lines are written in pieces of about this many characters. */
const CHUNK = 256 * 1024;

/**
 * Where a view of a dataset is: a `.jsonl` file in the dataset's folder with some of the lines of its metadata, which names the
 * same pictures and shares the rewards. Throws 'usage' for a name that leads elsewhere, or to a file of another purpose.
 *
 * @param name a file's name, or its path.
 */
export function viewPath(dataset: Pick<Dataset, 'folder' | 'metadata'>, name: string): string {
  const path = name === basename(name) ? join(dataset.folder, name) : resolve(name);
  const problem = (message: string) =>
    new RewardEditError('usage', message, {
      where: name,
      hint: `name a new .jsonl file in ${dataset.folder}: pictures are named relative to it`,
    });
  if (resolve(dirname(path)) !== resolve(dataset.folder))
    throw problem('a view of a dataset stands in its folder');
  if (!path.endsWith('.jsonl')) throw problem('the name of a view ends with .jsonl');
  if (TAKEN_NAMES.includes(basename(path)) || path === dataset.metadata)
    throw problem('this file has another purpose');
  return path;
}

/** Writes the lines of a view, whole or not at all; a view that was there is replaced. */
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
