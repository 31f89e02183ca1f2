import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { hasEnding } from '../../dataset/has-ending.ts';
import type { Shard } from '../converting/shards.ts';
import { jsonFormOf } from './json-form.ts';

/** A row of a file and its place. Rows are counted from 1, lines of JSON by the line they are on. */
export type NumberedRow = { readonly value: unknown; readonly where: string; readonly number: number };

/** Reads all rows of a file. A file that names its columns apart from its rows adds them to `names`. */
export type ReadRows = (names: Set<string>) => AsyncGenerator<NumberedRow>;

/** Files beside a dataset that hold no triplets: ours, and what libraries write about datasets. */
export const NO_ROWS: ReadonlySet<string> = new Set([
  'rewards.jsonl',
  'rewrites.jsonl',
  'quarantine.jsonl',
  'quarantine-rewrites.jsonl',
  'dataset_info.json',
  'dataset_infos.json',
]);

/** Lists the files of rows directly in a folder, by name: all `.jsonl` files or, if there are none, all `.json` files that hold rows. */
export async function listRowFiles(folder: string): Promise<readonly Shard[]> {
  const names = (await readdir(folder).catch(() => [] as string[]))
    .filter((name) => !name.startsWith('.') && !NO_ROWS.has(name))
    .sort();
  const lines = names.filter((name) => hasEnding(name, '.jsonl'));
  if (lines.length > 0) return lines.map((name) => shardOf(join(folder, name)));
  const files: Shard[] = [];
  for (const name of names.filter((found) => hasEnding(found, '.json'))) {
    const path = join(folder, name);
    const form = await jsonFormOf(path);
    if (form !== undefined && form !== 'object') files.push(shardOf(path));
  }
  return files;
}

export function shardOf(path: string): Shard {
  return { path, stem: basename(path, extname(path)) };
}
