import { createHash } from 'node:crypto';
import { RewardEditError } from '@rewardedit/core';

/** One part of a dataset: number `index`, counted from 0, of `of`. Users see it counted from 1. */
export type Shard = { readonly index: number; readonly of: number };

/** More shards would be too many files; the limit also keeps the remainder below accurate enough. */
const MOST_SHARDS = 100_000;
const HASH_BYTES = 6;

/**
 * Returns the shard, 0 to `of - 1`, of a triplet: the remainder of the first 48 bits of SHA-256 of its id in UTF-8. So it depends neither
 * on the order of the dataset nor on its other triplets.
 */
export function shardOf(id: string, of: number): number {
  return createHash('sha256').update(id).digest().readUIntBE(0, HASH_BYTES) % of;
}

/** Formats a shard as it is typed: `1/8` is the first of eight, `8/8` the last. */
export function formatShard({ index, of }: Shard): string {
  return `${index + 1}/${of}`;
}

/** Parses what `formatShard` writes. Throws `usage` for anything else. */
export function parseShard(text: string): Shard {
  const [, number, of] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (number === undefined || of === undefined) {
    throw new RewardEditError('usage', `${JSON.stringify(text)} is not a shard`, {
      where: '--shard',
      hint: 'shards are counted from 1: of eight, they are 1/8 to 8/8',
    });
  }
  return checked({ index: number - 1, of }, '--shard');
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Determines which of `of` shards this process judges, from the environment of Kubernetes (JOB_COMPLETION_INDEX of an Indexed Job) or Slurm
 * (SLURM_ARRAY_TASK_ID of a job array, counted from SLURM_ARRAY_TASK_MIN), and describes what was read.
 *
 * Throws `usage` if neither is set, the number is not one of the shards, or the job array does not have one task per shard.
 */
export function shardFromEnvironment(
  of: number,
  environment: Environment = process.env,
): { readonly shard: Shard; readonly source: string } {
  const { JOB_COMPLETION_INDEX: completion, SLURM_ARRAY_TASK_ID: task } = environment;
  if (isSet(completion)) {
    const index = wholeNumber('JOB_COMPLETION_INDEX', completion);
    const shard = checked({ index, of }, 'JOB_COMPLETION_INDEX');
    return { shard, source: `shard ${formatShard(shard)}: JOB_COMPLETION_INDEX is ${completion}` };
  }
  if (isSet(task)) return slurmShard(task, of, environment);
  throw new RewardEditError('usage', 'the environment does not say which shard this is', {
    where: '--shards',
    hint: `name it (--shard 1/${of}), or run a Slurm job array or a Kubernetes Indexed Job, which set SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX`,
  });
}

function slurmShard(task: string, of: number, environment: Environment) {
  const { SLURM_ARRAY_TASK_MIN: min, SLURM_ARRAY_TASK_COUNT: count } = environment;
  // A partial array, such as one that repeats two tasks, does not say where the whole one starts.
  if (isSet(count) && wholeNumber('SLURM_ARRAY_TASK_COUNT', count) !== of) {
    throw new RewardEditError('usage', `the job array has ${count} tasks, but there are ${of} shards`, {
      where: 'SLURM_ARRAY_TASK_COUNT',
      hint: `submit one task for each shard (--array=0-${of - 1}; finished ones end at once), or name the shard: --shard 1/${of}`,
    });
  }
  const first = isSet(min) ? wholeNumber('SLURM_ARRAY_TASK_MIN', min) : 0;
  const index = wholeNumber('SLURM_ARRAY_TASK_ID', task) - first;
  const shard = checked({ index, of }, 'SLURM_ARRAY_TASK_ID');
  const counted = first === 0 ? '' : `, counted from ${first}`;
  return { shard, source: `shard ${formatShard(shard)}: SLURM_ARRAY_TASK_ID is ${task}${counted}` };
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new RewardEditError('usage', `${JSON.stringify(text)} is not a number`, { where: name });
}

function checked(shard: Shard, where: string): Shard {
  const { index, of } = shard;
  if (of < 1 || of > MOST_SHARDS)
    throw new RewardEditError('usage', `there can be 1 to ${MOST_SHARDS} shards, not ${of}`, { where });
  if (index >= 0 && index < of) return shard;
  throw new RewardEditError('usage', `there is no shard ${formatShard(shard)}`, {
    where,
    hint: `shards are counted from 1: they are 1/${of} to ${of}/${of}${index === -1 ? `; what an earlier version called 0/${of} is 1/${of}` : ''}`,
  });
}
