import { realpath } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { RewardEditError, fromSystemError, isBelow, type Emit } from '@rewardedit/core';
import { openDataset } from '@rewardedit/data';
import { WaitingError, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { judgeTriplet, type Measure } from '../run/judge-triplet.ts';
import type { Judge, Judgement } from '../judges/judge.ts';
import { judgedTriplet } from '../run/judged-triplet.ts';
import { jobDataSchema, toJobError, type JobData, type JobResult } from './job.ts';
import { aloneKey, KEY_PREFIX, leaveNote, type RunRecord, type RunSettings } from './queue-run.ts';
import type { SharedLock } from './shared-lock.ts';

/** A judge as workers use it. */
export type WorkerJudge = {
  readonly judge: Judge;
  readonly measure?: Measure;
};

/** Makes the judge of a run from its settings. Throws 'authentication' where a key is missing in the environment. */
export type CreateJudge = (settings: RunSettings) => Promise<WorkerJudge>;

export type ServeOptions = {
  readonly redis: Redis;
  readonly createJudge: CreateJudge;
  /** The folder that the dataset has to be in. */
  readonly dataRoot: string;
  readonly concurrency: number;
  /** How long a job is another's after the last sign of life of the worker that has it. */
  readonly lockMilliseconds: number;
  /** Shared by all that this process does: what may end it is judged alone. */
  readonly lock: SharedLock;
  readonly onAnswer: (id: string, judgement: Judgement) => void;
  /** Told of an error that ends this worker, and the run unless it is about the worker's key. */
  readonly onFailure: (error: unknown) => void;
  readonly emit: Emit;
};

/** What a worker does for one run. */
export type ServedRun = {
  /** Whether jobs are being judged at this moment. */
  isBusy(): boolean;
  /** Takes no more jobs until `resume`; those that were begun go on. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Takes no more jobs, and waits for those that were begun. */
  close(): Promise<void>;
};

/** After so many of its workers ended, a job is judged alone, so that it takes no others with it. */
const SUSPECT_AFTER = 2;
/** A job that was begun alone so often and never ended is set aside. */
const MOST_TIMES_ALONE = 5;
const RETRY_MILLISECONDS = 1000;
const WAIT_MILLISECONDS = 20;

/**
 * Judges the triplets of a run as they come out of its queue. Throws 'bad-input' where this worker cannot: the dataset is
 * not there or not in the worker's folder, or its judge is another one than the run's; and what `createJudge` throws.
 */
export async function serveRun(record: RunRecord, options: ServeOptions): Promise<ServedRun> {
  const { redis, concurrency, lockMilliseconds, lock, onAnswer, onFailure, emit } = options;
  await assertInside(options.dataRoot, record);
  const dataset = await openDataset(record.metadata);
  const { judge, measure } = await options.createJudge(record.settings);
  assertSameJudge(judge, record);
  const never = new AbortController().signal;
  const underWay = new Set<Job>();

  const answer = async (job: Job, { triplet, again }: JobData): Promise<Judgement> => {
    const judging = () =>
      judgeTriplet({ judge, measure }, judgedTriplet(dataset, triplet), {
        signal: never,
        cancel: never,
        again,
        emit,
      });
    if (job.stalledCounter < SUSPECT_AFTER) return lock.shared(judging);
    return lock.exclusive(async () => {
      const times = await redis.hincrby(aloneKey(record.id), job.id!, 1);
      if (times <= MOST_TIMES_ALONE) return judging();
      const missing = `the worker ended each of the ${MOST_TIMES_ALONE} times that it judged this triplet and nothing else`;
      return { missing };
    });
  };

  const judgeJob = async (job: Job, token?: string): Promise<JobResult> => {
    underWay.add(job);
    try {
      const data = jobDataSchema.parse(job.data);
      const judgement = await answer(job, data);
      onAnswer(data.triplet.id, judgement);
      return { judgement };
    } catch (error) {
      onFailure(error);
      if (!isOwnFailure(error)) return { error: toJobError(error) };
      await leaveNote(redis, record.id, `A worker on ${hostname()} has ended: ${error.message}`);
      await job.moveToWait(token);
      throw new WaitingError();
    } finally {
      underWay.delete(job);
    }
  };

  const worker = new Worker(record.id, judgeJob, {
    prefix: KEY_PREFIX,
    connection: redis,
    concurrency,
    lockDuration: lockMilliseconds,
    stalledInterval: lockMilliseconds / 2,
    // What ends its workers again and again is found out above, without the jobs that only were beside it.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    runRetryDelay: RETRY_MILLISECONDS,
  });
  let closing: Promise<void> | undefined;
  // The worker's own closing would wait for the server. What was judged meanwhile is done anew by whoever finds its reply stored.
  const closeWithoutServer = async () => {
    await worker.pause(true);
    while (underWay.size > 0) await sleep(WAIT_MILLISECONDS);
    await worker.close(true);
  };
  // While the server is away, or the run is over, jobs that belong to nobody any more are no news.
  worker.on('error', ({ message }) => {
    if (redis.status === 'ready' && closing === undefined) emit({ type: 'warning', message });
  });
  return {
    isBusy: () => underWay.size > 0,
    pause: () => worker.pause(true),
    resume: () => worker.resume(),
    close: () => (closing ??= redis.status === 'ready' ? worker.close() : closeWithoutServer()),
  };
}

/** Whether an error is about this worker alone: each has a key of its own, and that of another may be good. */
function isOwnFailure(error: unknown): error is RewardEditError {
  return error instanceof RewardEditError && error.code === 'authentication';
}

/** Whoever can write to the queue must not have any file of this machine read. */
async function assertInside(dataRoot: string, { metadata }: RunRecord): Promise<void> {
  if (isBelow(await realPath(metadata), await realPath(dataRoot))) return;
  throw new RewardEditError('bad-input', `the dataset is not in the folder of this worker, ${dataRoot}`, {
    where: metadata,
    hint: 'name the folder that the datasets are in with --data',
  });
}

async function realPath(path: string): Promise<string> {
  return realpath(path).catch((error: unknown) => {
    throw fromSystemError(error, { doing: 'find', path });
  });
}

function assertSameJudge({ name, version }: Judge, record: RunRecord): void {
  if (name === record.judge.name && version === record.judge.version) return;
  const wanted = `${record.judge.name} ${record.judge.version}`;
  throw new RewardEditError(
    'bad-input',
    `the run is judged by ${wanted}, but this worker has ${name} ${version}`,
    {
      where: record.journal,
      hint:
        'install the same version of rewardedit where the run was started and on all workers, and give both the same ' +
        '--base-url, --model-table and ensemble',
    },
  );
}
