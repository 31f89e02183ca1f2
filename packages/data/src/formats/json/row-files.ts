import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { hasEnding } from '../../dataset/has-ending.ts';
import type { Shard } from '../converting/shards.ts';
import { jsonFormOf } from './json-form.ts';

/** Files beside a dataset that hold no triplets: ours, and what libraries write about datasets. */
export const NO_ROWS: ReadonlySet<string> = new Set([
  'rewards.jsonl',
  'rewrites.jsonl',
  'quarantine.jsonl',
  'quarantine-rewrites.jsonl',
  'dataset_info.json',
  'dataset_infos.json',
]);

/** The files of rows directly in a folder, in the order of their names: of JSON lines, or where there are none, of JSON. */
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
