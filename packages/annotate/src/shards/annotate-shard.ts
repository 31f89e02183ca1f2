import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { RewardEditError, fingerprintOf, writeFileAtomic } from '@rewardedit/core';
import { annotate, type AnnotateOptions, type AnnotateSummary } from '../run/annotate.ts';
import { readAnswers, rewardsPath } from '../answers/answers.ts';
import type { Completion } from './completion-manifest.ts';
import { findShardJournals, findSplits, shardFiles, type ShardFiles } from './shard-files.ts';
import { formatShard, shardOf, type Shard } from './shard.ts';

export type AnnotateShardOptions = Omit<AnnotateOptions, 'includes'> & {
  readonly shard: Shard;
  /** The version of the program. */
  readonly version: string;
  /** The words of the command without the shard, which `data merge` suggests for missing shards. */
  readonly command?: readonly string[];
};

/**
 * Judges the triplets of one shard as `annotate` judges a whole dataset, into the shard's own journals beside that of the whole dataset.
 * Meanwhile, no other process may be writing that journal, or shards of another split. Once each triplet has an answer, a manifest is
 * written; `mergeShards` merges complete shards.
 *
 * Throws what `annotate` throws. The same call continues a shard without a manifest.
 */
export async function annotateShard(options: AnnotateShardOptions): Promise<AnnotateSummary> {
  const { dataset, shard, journal = rewardsPath(dataset), version, command, ...rest } = options;
  // A shard of an earlier version must not be judged, and paid for, again.
  await findSplits(journal);
  const files = shardFiles(journal, shard);
  await rm(files.manifest, { force: true });
  const summary = await annotate({
    ...rest,
    dataset,
    journal: files.journal,
    apartFrom: [journal, ...(await findShardJournals(journal, shard.of))],
    includes: (id) => shardOf(id, shard.of) === shard.index,
  });
  const { name, version: judgeVersion } = options.judge;
  const completion: Completion = {
    format: 'rewardedit-shard',
    shard: shard.index,
    of: shard.of,
    ...(await countAnswers(dataset, shard, files)),
    judge: { name, version: judgeVersion },
    version,
    finished: new Date().toISOString(),
    ...(command !== undefined && { command: [...command] }),
  };
  await writeFileAtomic(files.manifest, `${JSON.stringify(completion, null, 2)}\n`);
  return summary;
}

/** Counts the outcomes of the shard's triplets. Throws `failed` if one has no answer, because the dataset changed meanwhile. */
async function countAnswers(
  dataset: AnnotateShardOptions['dataset'],
  shard: Shard,
  files: ShardFiles,
): Promise<Omit<Completion, 'format' | 'shard' | 'of' | 'judge' | 'version' | 'finished'>> {
  const isFull = new Map<string, boolean>();
  if (existsSync(files.journal))
    for await (const { id, missing } of readAnswers(files.journal)) isFull.set(id, missing === undefined);
  let [count, triplets, judged] = [0, 0, 0];
  for await (const { id } of dataset.triplets()) {
    count += 1;
    if (shardOf(id, shard.of) !== shard.index) continue;
    triplets += 1;
    const full = isFull.get(id);
    if (full === undefined) {
      throw new RewardEditError(
        'failed',
        `the triplet ${id} was added while shard ${formatShard(shard)} was being judged`,
        {
          where: dataset.metadata,
          hint: 'run the same command again: existing answers are kept',
        },
      );
    }
    if (full) judged += 1;
  }
  return {
    triplets,
    judged,
    quarantined: triplets - judged,
    journal: await fingerprintOf(files.journal),
    ...(existsSync(files.quarantine) && { quarantine: await fingerprintOf(files.quarantine) }),
    metadata: { ...(await fingerprintOf(dataset.metadata)), count },
  };
}
