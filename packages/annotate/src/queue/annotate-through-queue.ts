import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RewardEditError, type RunRequests } from '@rewardedit/core';
import { pick } from 'es-toolkit/object';
import type { Redis } from 'ioredis';
import { annotate, type AnnotateOptions, type AnnotateSummary } from '../run/annotate.ts';
import { rewardsPath } from '../answers/answers.ts';
import type { Judge } from '../judges/judge.ts';
import type { Amount } from '../language-model/spending/amount.ts';
import { connectQueue } from './connect-queue.ts';
import type { QueueAddress } from './queue-address.ts';
import { createQueueJudge, type QueueJudge } from './queue-judge.ts';
import { removeRun, runRecord, suspendRun, type RunRecord, type RunSettings } from './queue-run.ts';

export type AnnotateThroughQueueOptions = Omit<
  AnnotateOptions,
  'judge' | 'measure' | 'concurrency' | 'onKept'
> & {
  readonly address: QueueAddress;
  /** The name and version that the workers' judge must have, and what it needs. */
  readonly judge: Pick<Judge, 'name' | 'version' | 'needsTruth' | 'needsRewrites'>;
  /** What the workers create that judge from: every setting that an answer depends on, and no secret. */
  readonly settings: RunSettings;
  /** Requests to the run, such as to pause. */
  readonly requests?: RunRequests;
  /** What the run has spent so far, all its processes together; absent for a free judge. */
  readonly spent?: (() => Promise<Amount>) | undefined;
};

/** The most jobs in the queue: enough for hundreds of workers, in a few megabytes of the server's memory. */
const MOST_JOBS = 4096;
const LONGEST_FAREWELL_MILLISECONDS = 3000;

/**
 * Annotates as `annotate` does, into the same journal, but leaves the judging to workers that take jobs from a queue. Waits if there are no
 * workers. If killed at any moment, the same call continues with what workers have finished meanwhile; an answer leaves the queue only once
 * it is on disk.
 *
 * Throws what `annotate` throws; what ends the run in a worker; `failed` if the queue's server cannot be reached at first or does not work;
 * and `authentication` if it refuses the password.
 */
export async function annotateThroughQueue(options: AnnotateThroughQueueOptions): Promise<AnnotateSummary> {
  const {
    address,
    judge,
    settings,
    dataset,
    requests,
    spent,
    emit = () => undefined,
    signal,
    ...rest
  } = options;
  const journal = resolve(options.journal ?? rewardsPath(dataset));
  const connection = await connectQueue({ address, emit });
  const { redis } = connection;
  const record = runRecord({
    metadata: resolve(dataset.metadata),
    journal,
    judge: { name: judge.name, version: judge.version },
    settings,
  });
  const workers = createQueueJudge({
    ...{ connection, record, shown: address.shown, needs: pick(judge, ['needsTruth', 'needsRewrites']) },
    ...{ requests, spent, emit },
  });
  const stop = () => workers.fail(stopped(journal));
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const summary = await annotate({
      ...rest,
      dataset,
      journal,
      judge: workers,
      concurrency: MOST_JOBS,
      onKept: (id) => workers.kept(id),
      emit,
      ...(signal !== undefined && { signal }),
    });
    await removeRun(redis, record).catch((error: Error) =>
      emit({
        type: 'warning',
        message: `The queue could not be cleared (${error.message}); the same command clears it later.`,
      }),
    );
    return summary;
  } catch (error) {
    if (workers.begun) await inTime(() => sendWorkersAway(redis, workers, record));
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    connection.close();
    await workers.close();
  }
}

/** Lets workers finish what they have begun, and take nothing more. */
async function sendWorkersAway(redis: Redis, workers: QueueJudge, record: RunRecord): Promise<void> {
  await workers.close();
  await suspendRun(redis, record);
}

/** Does some work at the end of a run, but gives up soon: a server that is away cannot do it. */
async function inTime(work: () => Promise<void>): Promise<void> {
  const limit = sleep(LONGEST_FAREWELL_MILLISECONDS, undefined, { ref: false });
  await Promise.race([work().catch(() => undefined), limit]);
}

function stopped(journal: string): RewardEditError {
  return new RewardEditError('interrupted', 'stopped before all answers had arrived', {
    where: journal,
    hint: 'the same command continues from there, with what workers finish meanwhile',
  });
}
