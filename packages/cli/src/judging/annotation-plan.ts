import { Flags } from '@oclif/core';
import type { Amount, AnnotateOptions, AnnotateSummary, Shard } from '@rewardedit/annotate';
import type { RunRequests } from '@rewardedit/core';
import { shellWord } from '@rewardedit/core/text';
import type { QueueAddress, RunSettings } from '@rewardedit/annotate/queue';
import { inGroup, type ValuesOf } from '../flags/flags.ts';
import { queueFlag } from '../flags/queue-flag.ts';
import type { CommandContext } from '../running/command-context.ts';
import { trainNext } from '../output/next-command.ts';

/** How judging is distributed over machines. */
export const scaleFlags = inGroup('Scaling', {
  shard: Flags.string({
    summary:
      'Judge only one shard of the dataset, such as 1/8, the first of eight; `data merge` merges the shards.',
    helpValue: 'I/N',
    exclusive: ['shards', 'queue'],
  }),
  shards: Flags.integer({
    summary: 'Number of shards, if SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX selects the shard to judge.',
    helpValue: 'N',
    min: 1,
    exclusive: ['shard', 'queue'],
  }),
  queue: queueFlag({ exclusive: ['shard', 'shards'] }),
});

/** How judging is distributed. */
export type Scale = ValuesOf<typeof scaleFlags>;

export type PlanOptions = {
  readonly dataset: AnnotateOptions['dataset'];
  /** Number of triplets in the dataset. */
  readonly triplets: number;
  /** Journal for the whole dataset. */
  readonly rewards: string;
  readonly command: CommandContext;
};

type RunOptions = Pick<
  AnnotateOptions,
  | 'judge'
  | 'measure'
  | 'includes'
  | 'breakAfter'
  | 'emit'
  | 'signal'
  | 'retryQuarantined'
  | 'concurrency'
  | 'adopt'
  | 'keepChanged'
  | 'advice'
> & {
  /** Settings from which workers create the same judge. */
  readonly settings: RunSettings;
  /** Requests to the run, and what it has spent, for runs whose workers judge. */
  readonly requests: RunRequests;
  readonly spent: (() => Promise<Amount>) | undefined;
};

/** What one `annotate` command does. */
export type AnnotationPlan = {
  /** Journal for the answers. */
  readonly rewards: string;
  /** Number of triplets to judge. */
  readonly triplets: number;
  /** Whether the workers of a queue judge instead of this process. */
  readonly byWorkers?: true;
  /** The command to suggest next, once some triplets are scored. */
  readonly next: (dataset: string) => string;
  run(options: RunOptions): Promise<AnnotateSummary>;
};

/** Plans to judge the whole dataset or one shard of it in this process, or the whole through the workers of a queue. */
export async function planAnnotation(scale: Scale, options: PlanOptions): Promise<AnnotationPlan> {
  const { parseShard, shardFromEnvironment } = await import('@rewardedit/annotate');
  if (scale.shard !== undefined) return shardPlan(parseShard(scale.shard), options);
  if (scale.shards !== undefined) {
    const { shard, source } = shardFromEnvironment(scale.shards);
    options.command.note(`This is ${source}.`);
    return shardPlan(shard, options);
  }
  return scale.queue === undefined ? wholePlan(options) : queuePlan(scale.queue, options);
}

async function wholePlan({ dataset, triplets, rewards }: PlanOptions): Promise<AnnotationPlan> {
  const { annotate, findShardJournals } = await import('@rewardedit/annotate');
  return {
    rewards,
    triplets,
    next: trainNext,
    run: async ({ settings: _settings, requests: _requests, spent: _spent, ...options }) =>
      annotate({ ...options, dataset, journal: rewards, apartFrom: await findShardJournals(rewards) }),
  };
}

async function shardPlan(shard: Shard, options: PlanOptions): Promise<AnnotationPlan> {
  const { dataset, rewards, command } = options;
  const { annotateShard, shardFiles, shardOf } = await import('@rewardedit/annotate');
  let triplets = 0;
  for await (const { id } of dataset.triplets()) if (shardOf(id, shard.of) === shard.index) triplets += 1;
  return {
    rewards: shardFiles(rewards, shard).journal,
    triplets,
    next: (path) => `data merge ${shellWord(path)}`,
    run: ({ settings: _settings, requests: _requests, spent: _spent, includes: _includes, ...rest }) =>
      annotateShard({
        ...{ ...rest, dataset, journal: rewards, shard, version: command.version },
        command: withoutShard(command.words),
      }),
  };
}

async function queuePlan(
  address: QueueAddress,
  { dataset, triplets, rewards }: PlanOptions,
): Promise<AnnotationPlan> {
  const { annotateThroughQueue } = await import('@rewardedit/annotate/queue');
  return {
    rewards,
    triplets,
    byWorkers: true,
    next: trainNext,
    run: ({ measure: _measure, concurrency: _concurrency, ...options }) =>
      annotateThroughQueue({ ...options, address, dataset, journal: rewards }),
  };
}

/** The words of a command line without the options that select a shard. */
function withoutShard(words: readonly string[]): string[] {
  return words.filter((word, position) => {
    const isName = /^--shards?$/.test(word) || /^--shards?$/.test(words[position - 1] ?? '');
    return !isName && !/^--shards?=/.test(word);
  });
}
