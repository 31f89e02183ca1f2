import { RewardEditError, fingerprintOf } from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import { rewardsPath } from '../answers/answers.ts';
import { readCompletion, type Completion } from './completion-manifest.ts';
import { findSplits, shardFiles } from './shard-files.ts';
import { formatShard } from './shard.ts';

/** Which shards of a dataset are complete. */
export type ShardSurvey = {
  /** The journal of the whole dataset, beside which the shards are. */
  readonly journal: string;
  /** The number of shards in the split. */
  readonly of: number;
  /** The manifests of the complete shards, by index. */
  readonly complete: ReadonlyMap<number, Completion>;
  /** The indices of the incomplete shards. */
  readonly missing: readonly number[];
};

const AGAIN = 'run the command of that shard again: existing answers are kept';

/**
 * Finds the shards of a dataset, and checks that the complete ones belong together and are unchanged.
 *
 * Throws `bad-input` if there are none or several splits, if judges or metadata differ, or if a file is not the one that its shard was
 * completed with.
 */
export async function surveyShards(
  dataset: Pick<Dataset, 'folder' | 'metadata'>,
  journal = rewardsPath(dataset),
): Promise<ShardSurvey> {
  const of = await onlySplit(journal);
  const complete = new Map<number, Completion>();
  const missing: number[] = [];
  const metadata = await fingerprintOf(dataset.metadata);
  let first: Completion | undefined;
  for (let index = 0; index < of; index += 1) {
    const files = shardFiles(journal, { index, of });
    const completion = await readCompletion(files.manifest);
    if (completion === undefined) {
      missing.push(index);
      continue;
    }
    const refuse = (message: string, hint = AGAIN): never => {
      throw new RewardEditError('bad-input', `shard ${formatShard({ index, of })}: ${message}`, {
        where: files.manifest,
        hint,
      });
    };
    if (completion.shard !== index || completion.of !== of)
      refuse(`the manifest is that of shard ${formatShard({ index: completion.shard, of: completion.of })}`);
    if (completion.metadata.sha256 !== metadata.sha256)
      refuse('the metadata of the dataset has changed since it was judged');
    first ??= completion;
    const [ours, theirs] = [completion.judge, first.judge];
    if (ours.name !== theirs.name || ours.version !== theirs.version) {
      refuse(
        `its judge was ${ours.name} ${ours.version}, that of shard ${formatShard({ index: first.shard, of })} ${theirs.name} ${theirs.version}`,
        'move the shards of one of the judges away, and judge them again',
      );
    }
    for (const [path, noted] of [
      [files.journal, completion.journal],
      [files.quarantine, completion.quarantine],
    ] as const) {
      if (noted !== undefined && (await fingerprintOf(path)).sha256 !== noted.sha256)
        refuse(`${path} is not what it was when the shard was completed`);
    }
    complete.set(index, completion);
  }
  return { journal, of, complete, missing };
}

async function onlySplit(journal: string): Promise<number> {
  const [of, ...others] = await findSplits(journal);
  if (of === undefined) {
    throw new RewardEditError('bad-input', 'there are no shards here', {
      where: journal,
      hint: 'create them with `rewardedit annotate DATASET --shard 1/8` and so on to 8/8',
    });
  }
  if (others.length === 0) return of;
  const splits = [of, ...others];
  const list = `${splits.slice(0, -1).join(', ')} and ${splits.at(-1)}`;
  throw new RewardEditError('bad-input', `there are shards of several splits here: into ${list}`, {
    where: journal,
    hint: 'move the files of the unwanted splits away (rewards.shard-*, quarantine.shard-*)',
  });
}
