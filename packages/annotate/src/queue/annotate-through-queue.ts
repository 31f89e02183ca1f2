import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { annotate, type AnnotateOptions, type AnnotateSummary } from '../annotate.ts';
import { rewardsPath } from '../answers.ts';
import type { Judge } from '../judge.ts';
import { connectQueue } from './connect-queue.ts';
import type { QueueAddress } from './queue-address.ts';
import { createQueueJudge } from './queue-judge.ts';
import { removeRun, runRecord, suspendRun, type RunSettings } from './queue-run.ts';
import type { Spending } from './spending.ts';

export type AnnotateThroughQueueOptions = Omit<
  AnnotateOptions,
  'judge' | 'measure' | 'concurrency' | 'onKept'
> & {
  readonly address: QueueAddress;
  /** Name and version of the judge that the workers have to have. */
  readonly judge: Pick<Judge, 'name' | 'version'>;
  /** What the workers make that judge from: every setting that an answer depends on, and no secret. */
  readonly settings: RunSettings;
  /** Told what the run has cost so far, all workers together, whenever that has changed; what it throws ends the run. */
  readonly onSpent?: (spent: Spending) => void;
};

/** So many jobs are in the queue at most: enough for hundreds of workers, and a few megabytes of the server's memory. */
const MOST_JOBS = 4096;
const LONGEST_FAREWELL_MILLISECONDS = 3000;

/**
 * Annotates as `annotate` does, into the same journal, but lets workers judge that take jobs from a queue. Waits for workers
 * where there are none. Killed at any moment, the same call continues, with what workers have finished meanwhile; an answer
 * leaves the queue only when it is on disk.
 *
 * Throws what `annotate` throws; what ends the run in a worker; 'failed' where the queue's server cannot be reached at
 * first or does not work, 'authentication' where it refuses the password.
 */
export async function annotateThroughQueue(options: AnnotateThroughQueueOptions): Promise<AnnotateSummary> {
  const { address, judge, settings, dataset, onEvent, onSpent, signal, ...rest } = options;
  const journal = resolve(options.journal ?? rewardsPath(dataset));
  const onMessage = (message: string) => onEvent?.({ type: 'warning', message });
  const redis = await connectQueue({ address, onMessage: (message) => void onMessage(message) });
  const record = runRecord({ metadata: resolve(dataset.metadata), journal, judge, settings });
  const workers = createQueueJudge({ redis, record, shown: address.shown, onMessage, onSpent, signal });
  try {
    const summary = await annotate({
      ...rest,
      dataset,
      journal,
      judge: workers,
      concurrency: MOST_JOBS,
      onKept: (id) => workers.kept(id),
      ...(onEvent !== undefined && { onEvent }),
      ...(signal !== undefined && { signal }),
    });
    await removeRun(redis, record);
    return summary;
  } catch (error) {
    const farewell = async () => {
      await workers.close();
      await suspendRun(redis, record);
    };
    // Where the server is away, nobody can be told: the workers go on with the jobs that are there.
    if (workers.begun && redis.status === 'ready')
      await Promise.race([
        farewell().catch(() => undefined),
        sleep(LONGEST_FAREWELL_MILLISECONDS, undefined, { ref: false }),
      ]);
    throw error;
  } finally {
    const closing = workers.close();
    redis.disconnect();
    await closing;
  }
}
