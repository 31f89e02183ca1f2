import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { NO_REQUESTS, type Emit, type RunRequests } from '@rewardedit/core';
import { brokenQueue, connectQueue, type QueueConnection } from './connect-queue.ts';
import type { QueueAddress } from './queue-address.ts';
import { leaveNote, listRuns, type RunRecord } from './queue-run.ts';
import { serveRun, type CreateJudge, type ServedRun } from './serve-run.ts';
import { createSharedLock } from './shared-lock.ts';

export type WorkerOptions = {
  readonly address: QueueAddress;
  readonly createJudge: CreateJudge;
  /** The folder that must contain the datasets. */
  readonly dataRoot: string;
  /** The most triplets of a run judged at once; 4 by default. */
  readonly concurrency?: number;
  /** Ends when there is nothing more to do, instead of waiting for the next run. */
  readonly untilEmpty?: boolean;
  /** How long it must have been idle for that; 60 000 by default. It ends at once when the runs it served are over. */
  readonly idleMilliseconds?: number;
  /** How long a job belongs to a worker after its last sign of life; 15 000 by default. */
  readonly lockMilliseconds?: number;
  /** Ends the worker after the triplets in flight. */
  readonly signal?: AbortSignal;
  /** Requests to the worker: while it is paused, it leaves triplets to other workers. */
  readonly requests?: Pick<RunRequests, 'isPaused' | 'whilePaused'>;
  /** Receives the outcome of triplets, calls to models, and waits. */
  readonly emit?: Emit;
};

export type WorkerSummary = {
  /** Triplets that got a full reward. */
  readonly judged: number;
  readonly quarantined: number;
};

const LOOK_MILLISECONDS = 500;
const RUN = 'a run';

/**
 * Judges the triplets of all runs in a queue, until it is stopped or, with `untilEmpty`, until nothing is left to do. If killed at any
 * moment, it loses nothing: its jobs go to other workers.
 *
 * Throws what ends a run (such as `exhausted`), after reporting it to the run; `authentication` if its key is refused, which leaves its
 * jobs to others; `bad-input` if it can serve none of the runs; and `failed` if the server cannot be reached at first.
 */
export async function runWorker(options: WorkerOptions): Promise<WorkerSummary> {
  const { address, emit = () => undefined } = options;
  const connection = await connectQueue({ address, emit });
  try {
    return await serveRuns(connection, { ...options, emit });
  } finally {
    connection.close();
  }
}

async function serveRuns(
  { redis, giveUp }: QueueConnection,
  options: WorkerOptions & { readonly emit: Emit },
): Promise<WorkerSummary> {
  const { createJudge, dataRoot, concurrency = 4, lockMilliseconds = 15_000, emit, signal } = options;
  const { untilEmpty = false, idleMilliseconds = 60_000, requests = NO_REQUESTS } = options;
  const lock = createSharedLock();
  const served = new Map<string, ServedRun>();
  const refused = new Set<string>();
  const counts = { judged: 0, quarantined: 0 };
  const failed = new AbortController();
  const ended = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]);
  ended.addEventListener('abort', giveUp, { once: true });
  let busyAt = performance.now();

  const serve = async (record: RunRecord) => {
    const run = await serveRun(record, {
      ...{ redis, createJudge, dataRoot, concurrency, lockMilliseconds, lock, emit },
      onAnswer(id, { reward, missing: reason }) {
        counts[reason === undefined ? 'judged' : 'quarantined'] += 1;
        const done = counts.judged + counts.quarantined;
        if (reason !== undefined) emit({ type: 'quarantined', id, reason, done });
        else if (reward !== undefined) emit({ type: 'judged', id, reward, done });
      },
      onFailure(error) {
        failed.abort(error);
        // Closed now to take no more jobs, and awaited below.
        for (const run of served.values()) void run.close();
      },
    });
    served.set(record.id, run);
    emit({ type: 'log', message: `Judging for ${record.journal}.` });
  };
  /** Reports why a run cannot be served; ends the worker if it serves no other run. */
  const refuse = async (record: RunRecord, error: unknown) => {
    refused.add(record.id);
    const reason = error instanceof Error ? error.message : String(error);
    emit({ type: 'warning', message: `Cannot judge for ${record.journal}: ${reason}` });
    await leaveNote(redis, record.id, `A worker on ${hostname()} refuses: ${reason}`);
    if (served.size === 0) failed.abort(error);
  };
  const closeThose = async (isOver: (id: string) => boolean) => {
    for (const [id, run] of served) {
      if (!isOver(id)) continue;
      await run.close();
      served.delete(id);
    }
  };

  const holdWhilePaused = async () => {
    if (!requests.isPaused()) return;
    const held = [...served.values()];
    await Promise.all(held.map((run) => run.pause()));
    await requests.whilePaused(ended);
    await Promise.all(held.map((run) => run.resume()));
    busyAt = performance.now();
  };

  let waits = false;
  const tellWait = (isIdle: boolean) => {
    if (isIdle && !waits) emit({ type: 'waiting', what: RUN, why: 'there are no runs in the queue' });
    if (!isIdle && waits) emit({ type: 'waiting-over', what: RUN });
    waits = isIdle;
  };

  const serveUntilOver = async () => {
    let hasServed = false;
    while (!ended.aborted) {
      await holdWhilePaused();
      const runs = await listRuns(redis);
      await closeThose((id) => !runs.has(id));
      for (const record of runs.values())
        if (!served.has(record.id) && !refused.has(record.id))
          await serve(record).catch((error) => refuse(record, error));
      hasServed ||= served.size > 0;
      if ([...served.values()].some((run) => run.isBusy())) busyAt = performance.now();
      const isOver = hasServed && served.size === 0;
      if (untilEmpty && (isOver || performance.now() - busyAt > idleMilliseconds)) return;
      tellWait(served.size === 0);
      await sleep(LOOK_MILLISECONDS, undefined, { signal: ended }).catch(() => undefined);
    }
  };

  await serveUntilOver().catch((error) => {
    // A worker that is stopped while the server is away can no longer ask it.
    if (!ended.aborted) failed.abort(brokenQueue(error));
  });
  await closeThose(() => true);
  failed.signal.throwIfAborted();
  return counts;
}
