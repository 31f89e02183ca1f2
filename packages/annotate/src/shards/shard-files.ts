import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { quarantinePath } from '../answers/quarantine.ts';
import type { Shard } from './shard.ts';

/** Where the answers of one shard are kept, beside the journal of the whole dataset. */
export type ShardFiles = {
  /** Such as `rewards.shard-0-of-8.jsonl`. */
  readonly journal: string;
  /** Such as `quarantine.shard-0-of-8.jsonl`; there is none where nothing was set aside. */
  readonly quarantine: string;
  /** Such as `rewards.shard-0-of-8.done.json`: there once the shard is complete. */
  readonly manifest: string;
};

const ENDING = '.jsonl';

export function shardFiles(journal: string, { index, of }: Shard): ShardFiles {
  const stem = `${stemOf(journal)}.shard-${index}-of-${of}`;
  const ofShard = join(dirname(journal), `${stem}${ENDING}`);
  return {
    journal: ofShard,
    quarantine: quarantinePath(ofShard),
    manifest: join(dirname(journal), `${stem}.done.json`),
  };
}

/** In how many shards the dataset was split, by the files beside its journal: one number, unless it was split several times. */
export async function findSplits(journal: string): Promise<number[]> {
  const splits = new Set((await findFiles(journal)).map(({ of }) => of));
  return [...splits].sort((a, b) => a - b);
}

/** The journals of a dataset's shards that are beside its own, but for those of a split into so many. */
export async function findShardJournals(journal: string, except?: number): Promise<string[]> {
  const files = await findFiles(journal);
  return files.flatMap(({ path, of }) => (path.endsWith(ENDING) && of !== except ? [path] : []));
}

async function findFiles(journal: string): Promise<{ readonly path: string; readonly of: number }[]> {
  const folder = dirname(journal);
  if (!existsSync(folder)) return [];
  const prefix = `${stemOf(journal)}.shard-`;
  return (await readdir(folder)).flatMap((name) => {
    if (!name.startsWith(prefix)) return [];
    const [, of] = /^\d+-of-(\d+)\.(?:jsonl|done\.json)$/.exec(name.slice(prefix.length)) ?? [];
    return of === undefined ? [] : [{ path: join(folder, name), of: Number(of) }];
  });
}

function stemOf(journal: string): string {
  return basename(journal, ENDING);
}
