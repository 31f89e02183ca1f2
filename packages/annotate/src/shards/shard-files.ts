import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';
import { quarantinePath } from '../answers/quarantine.ts';
import type { Shard } from './shard.ts';

/** The files of one shard, beside the journal of the whole dataset. */
export type ShardFiles = {
  /** Such as `rewards.shard-1of8.jsonl`. */
  readonly journal: string;
  /** Such as `quarantine.shard-1of8.jsonl`; absent if nothing was set aside. */
  readonly quarantine: string;
  /** Such as `rewards.shard-1of8.done.json`; present once the shard is complete. */
  readonly manifest: string;
};

const ENDING = '.jsonl';

/** The names of shards' files in earlier versions, which counted from 0. */
const OLD_NAME = /\.shard-\d+-of-\d+\./;

export function shardFiles(journal: string, { index, of }: Shard): ShardFiles {
  const stem = `${stemOf(journal)}.shard-${index + 1}of${of}`;
  const ofShard = join(dirname(journal), `${stem}${ENDING}`);
  return {
    journal: ofShard,
    quarantine: quarantinePath(ofShard),
    manifest: join(dirname(journal), `${stem}.done.json`),
  };
}

/**
 * Finds the numbers of shards into which the dataset was split, by the files beside its journal.
 *
 * @throws `bad-input` for files of an earlier version, which counted shards from 0.
 */
export async function findSplits(journal: string): Promise<number[]> {
  const files = await findFiles(journal);
  const old = files.find(({ path }) => OLD_NAME.test(path));
  if (old !== undefined) throw ofEarlierVersion(old.path);
  const splits = new Set(files.map(({ of }) => of));
  return [...splits].sort((a, b) => a - b);
}

/** Finds the journals of a dataset's shards, except those of a split into so many. */
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
    const [, of] = /^\d+(?:of|-of-)(\d+)\.(?:jsonl|done\.json)$/.exec(name.slice(prefix.length)) ?? [];
    return of === undefined ? [] : [{ path: join(folder, name), of: Number(of) }];
  });
}

function ofEarlierVersion(path: string): RewardEditError {
  return new RewardEditError(
    'bad-input',
    'this shard is from an earlier version, which counted shards from 0',
    {
      where: path,
      hint: 'merge its shards with that version, or rename the files of each: shard-0-of-8 is shard-1of8 now, shard-7-of-8 is shard-8of8',
    },
  );
}

function stemOf(journal: string): string {
  return basename(journal, ENDING);
}
