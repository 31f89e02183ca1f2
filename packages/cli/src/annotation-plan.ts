import { Flags } from '@oclif/core';
import type { AnnotateOptions, AnnotateSummary, Shard } from '@rewardedit/annotate';
import type { QueueAddress, RunSettings, Spending, WorkerJudge } from '@rewardedit/annotate/queue';
import type { Dataset } from '@rewardedit/data';
import { queueFlag } from './queue-flag.ts';
import { shellWord } from './shell-word.ts';

const SCALE = 'scale';

/** The options that spread the judging of a dataset over machines. */
export const scaleFlags = {
  shard: Flags.string({
    summary: 'Judge one part of the dataset only, such as 0/8 to 7/8; `data merge` puts them together.',
    helpGroup: SCALE,
    helpValue: 'I/N',
    exclusive: ['shards', 'queue'],
  }),
  shards: Flags.integer({
    summary: 'The same, of N parts the one that SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX tells.',
    helpGroup: SCALE,
    helpValue: 'N',
    min: 1,
    exclusive: ['shard', 'queue'],
  }),
  queue: queueFlag({ helpGroup: SCALE, exclusive: ['shard', 'shards'] }),
};

/** How the judging is spread. */
export type Scale = {
  readonly shard?: string | undefined;
  readonly shards?: number | undefined;
  readonly queue?: QueueAddress | undefined;
};

export type PlanOptions = {
  /** The dataset, as it was named and opened. */
  readonly path: string;
  readonly dataset: Dataset;
  /** How many triplets the dataset has. */
  readonly triplets: number;
  /** The version of this program. */
  readonly version: string;
  /** The words of the command line after `rewardedit`. */
  readonly words: readonly string[];
  /** Told what was read from the environment. */
  readonly note: (message: string) => void;
};

export type RunOptions = {
  /** The judge; where workers judge, only its name and version count. */
  readonly made: WorkerJudge;
  /** What workers make the same judge from. */
  readonly settings: RunSettings;
  /** Told what all workers of a queue have spent; what it throws ends the run. */
  readonly onSpent?: (spent: Spending) => void;
  /** How it is done; where workers judge, each says itself how many triplets it takes at once. */
  readonly options: Pick<AnnotateOptions, 'onEvent' | 'signal' | 'retryQuarantined' | 'concurrency'>;
};

/** What one call of `annotate` does. */
export type AnnotationPlan = {
  /** Where the answers go. */
  readonly rewards: string;
  /** How many triplets are to have one in the end. */
  readonly triplets: number;
  /** The command, without `rewardedit`, that makes use of the answers. */
  readonly next: string;
  run(options: RunOptions): Promise<AnnotateSummary>;
};

/** Plans to judge the whole dataset here, or one shard of it, or to let the workers of a queue judge it. */
export async function planAnnotation(scale: Scale, options: PlanOptions): Promise<AnnotationPlan> {
  const { parseShard, shardFromEnvironment } = await import('@rewardedit/annotate');
  if (scale.shard !== undefined) return shardPlan(parseShard(scale.shard), options);
  if (scale.shards !== undefined) {
    const { shard, source } = shardFromEnvironment(scale.shards);
    options.note(`This is ${source}.`);
    return shardPlan(shard, options);
  }
  return scale.queue === undefined ? wholePlan(options) : queuePlan(scale.queue, options);
}

async function wholePlan({ path, dataset, triplets }: PlanOptions): Promise<AnnotationPlan> {
  const { annotate, rewardsPath } = await import('@rewardedit/annotate');
  return {
    rewards: rewardsPath(dataset),
    triplets,
    next: trainCommand(path),
    run: ({ made, options }) => annotate({ ...options, ...judging(made), dataset }),
  };
}

async function shardPlan(
  shard: Shard,
  { path, dataset, version, words }: PlanOptions,
): Promise<AnnotationPlan> {
  const { annotateShard, rewardsPath, shardFiles, shardOf } = await import('@rewardedit/annotate');
  let triplets = 0;
  for await (const { id } of dataset.triplets()) if (shardOf(id, shard.of) === shard.index) triplets += 1;
  const command = withoutShard(words);
  return {
    rewards: shardFiles(rewardsPath(dataset), shard).journal,
    triplets,
    next: `data merge ${shellWord(path)}`,
    run: ({ made, options }) =>
      annotateShard({ ...options, ...judging(made), dataset, shard, version, command }),
  };
}

async function queuePlan(
  address: QueueAddress,
  { path, dataset, triplets }: PlanOptions,
): Promise<AnnotationPlan> {
  const { rewardsPath } = await import('@rewardedit/annotate');
  const { annotateThroughQueue } = await import('@rewardedit/annotate/queue');
  return {
    rewards: rewardsPath(dataset),
    triplets,
    next: trainCommand(path),
    run: ({ made: { judge }, settings, onSpent, options }) =>
      annotateThroughQueue({
        ...{ ...options, address, dataset, judge, settings },
        ...(onSpent !== undefined && { onSpent }),
      }),
  };
}

function judging({ judge, measure }: WorkerJudge): Pick<AnnotateOptions, 'judge' | 'measure'> {
  return { judge, ...(measure !== undefined && { measure }) };
}

function trainCommand(path: string): string {
  return `train ${shellWord(path)} --out runs/first`;
}

/** The words of a command line but for those that name a shard. */
function withoutShard(words: readonly string[]): string[] {
  return words.filter((word, position) => {
    const isName = /^--shards?$/.test(word) || /^--shards?$/.test(words[position - 1] ?? '');
    return !isName && !/^--shards?=/.test(word);
  });
}
