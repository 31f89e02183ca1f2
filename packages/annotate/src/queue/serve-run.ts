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

/** A judge for workers. */
export type WorkerJudge = { readonly judge: Judge; readonly measure?: Measure };

/** Creates the judge of a run from its settings. Throws `authentication` if a key is missing in the environment. */
export type CreateJudge = (settings: RunSettings) => Promise<WorkerJudge>;

export type ServeOptions = {
  readonly redis: Redis;
  readonly createJudge: CreateJudge;
  /** The folder that must contain the dataset. */
  readonly dataRoot: string;
  readonly concurrency: number;
  /** How long a job belongs to a worker after its last sign of life. */
  readonly lockMilliseconds: number;
  /** Shared by all runs of this process: what may end the process is judged alone. */
  readonly lock: SharedLock;
  readonly onAnswer: (id: string, judgement: Judgement) => void;
  /** Called with an error that ends this worker, and also the run unless it is about the worker's key. */
  readonly onFailure: (error: unknown) => void;
  readonly emit: Emit;
};

/** The work for one run. */
export type ServedRun = {
  /** Whether jobs are being judged now. */
  isBusy(): boolean;
  /** Takes no more jobs until `resume`; begun ones continue. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Takes no more jobs, and waits for begun ones. */
  close(): Promise<void>;
};

/** After so many of its workers ended, a job is judged alone, so that it takes no others with it. */
const SUSPECT_AFTER = 2;
/** A job that was begun alone so often without ending is set aside. */
const MOST_TIMES_ALONE = 5;
const RETRY_MILLISECONDS = 1000;
const WAIT_MILLISECONDS = 20;

/**
 * Judges the triplets of a run as they come out of its queue. Throws `bad-input` if this worker cannot: the dataset is missing or outside
 * the worker's folder, or its judge is not the run's; and what `createJudge` throws.
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
      const missing = `the worker ended all ${MOST_TIMES_ALONE} times that it judged this triplet alone`;
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
    // Jobs that end their workers are found above, without those that merely ran beside them.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    runRetryDelay: RETRY_MILLISECONDS,
  });
  let closing: Promise<void> | undefined;
  // The worker's own `close` would wait for the server. Unreported judgements are made again from the stored replies.
  const closeWithoutServer = async () => {
    await worker.pause(true);
    while (underWay.size > 0) await sleep(WAIT_MILLISECONDS);
    await worker.close(true);
  };
  // While the server is away or the run is over, jobs lost by this worker need no report.
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

/** Whether an error is about this worker alone: each worker has its own key, and another's may be valid. */
function isOwnFailure(error: unknown): error is RewardEditError {
  return error instanceof RewardEditError && error.code === 'authentication';
}

/** Write access to the queue must not allow reading any file of this machine. */
async function assertInside(dataRoot: string, { metadata }: RunRecord): Promise<void> {
  if (isBelow(await realPath(metadata), await realPath(dataRoot))) return;
  throw new RewardEditError('bad-input', `the dataset is not in the folder of this worker, ${dataRoot}`, {
    where: metadata,
    hint: 'name the folder of the datasets with --data',
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
