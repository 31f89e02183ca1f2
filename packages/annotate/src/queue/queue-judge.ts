import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NO_REQUESTS, type Emit, type RunRequests } from '@rewardedit/core';
import { shellWord } from '@rewardedit/core/text';
import { inputsKey } from '../answers/inputs.ts';
import type { Judge, Judgement } from '../judges/judge.ts';
import { NOTHING, type Amount } from '../language-model/spending/amount.ts';
import { brokenQueue, type QueueConnection } from './connect-queue.ts';
import { finishedJobs, type FinishedJob } from './finished-jobs.ts';
import { createJobOutbox } from './job-outbox.ts';
import { fromJobError, jobId, type JobData } from './job.ts';
import { announceRun, openQueue, takeNotes, type RunRecord } from './queue-run.ts';
import { watchQueue } from './watch-queue.ts';

export type QueueJudgeOptions = {
  readonly connection: QueueConnection;
  readonly record: RunRecord;
  /** The server's address for messages. */
  readonly shown: string;
  /** What the workers' judge needs of a dataset. */
  readonly needs: Pick<Judge, 'needsTruth' | 'needsRewrites'>;
  /** Requests to the run: while it is paused, workers take none of its jobs. */
  readonly requests?: Pick<RunRequests, 'isPaused' | 'whilePaused'> | undefined;
  /** What the run has spent so far, all its processes together; absent for a free judge. */
  readonly spent?: (() => Promise<Amount>) | undefined;
  /** Receives workers' messages, the lack of workers, and what the run has spent whenever that changes. */
  readonly emit: Emit;
};

/** The command that starts a worker for a run, without the address of the judge's server, which the user has to add. */
function workerCommand({ metadata, settings }: RunRecord, shown: string): string {
  const { judge } = settings;
  const judgeOption = typeof judge === 'string' && judge !== 'oracle' ? ` --judge ${shellWord(judge)}` : '';
  return `rewardedit worker --queue ${shown}${judgeOption} --data ${shellWord(dirname(metadata))}`;
}

/** A judge that leaves judging to workers. */
export type QueueJudge = Judge & {
  /** Whether workers were asked for anything. */
  readonly begun: boolean;
  /** Ends the wait for answers, and the run, with an error. */
  fail(error: unknown): void;
  /** Reports that the answer about a triplet is on disk: the queue keeps it until then. */
  kept(id: string): Promise<void>;
  /** Stops asking for results; resolves when the pending commands have ended. */
  close(): Promise<void>;
};

const SHORTEST_PAUSE_MILLISECONDS = 5;
const LONGEST_PAUSE_MILLISECONDS = 200;
const WATCH_MILLISECONDS = 2000;
const WORKERS = 'workers';

type Question = { readonly data: JobData; resolve(judgement: Judgement): void; reject(error: unknown): void };

/**
 * Creates a judge whose answers come from the workers of a queue: each question is a job. The set of finished jobs is polled; messages
 * about them would be lost while nobody listens, and would cost more than they save for many jobs. A result stays in the queue until `kept`
 * reports it on disk.
 */
export function createQueueJudge(options: QueueJudgeOptions): QueueJudge {
  const { connection, record, shown, requests = NO_REQUESTS, emit } = options;
  const { redis } = connection;
  const queue = openQueue(redis, record.id);
  const finished = finishedJobs(queue);
  const closed = new AbortController();
  /** Open questions by the id of their job. */
  const questions = new Map<string, Question>();
  /** Answers from an earlier call whose questions have not been asked yet. */
  const early = new Map<string, Judgement>();
  /** The jobs of answers on their way to the disk, by the ids of the triplets. */
  const unkept = new Map<string, string>();
  let results = 0;
  let failure: { readonly error: unknown } | undefined;

  const fail = (error: unknown) => {
    if (closed.signal.aborted) return;
    failure ??= { error };
    // From now on, nothing waits for a server that is away.
    connection.giveUp();
    for (const { reject } of questions.values()) reject(failure.error);
    questions.clear();
  };
  const outbox = createJobOutbox(redis, queue, (error) => fail(brokenQueue(error)));

  /** Passes the result of a job to its question, which may not have been asked yet. */
  const take = async ({ id, result }: FinishedJob) => {
    results += 1;
    if ('error' in result) {
      await finished.remove(id);
      fail(fromJobError(result.error));
      return;
    }
    const question = questions.get(id);
    questions.delete(id);
    if (question === undefined) early.set(id, result.judgement);
    else {
      unkept.set(question.data.triplet.id, id);
      question.resolve(result.judgement);
    }
  };

  let reported = NOTHING;
  const reportSpent = async () => {
    const { calls, tokens, dollars } = (await options.spent?.()) ?? NOTHING;
    if (calls !== reported.calls || dollars !== reported.dollars) emit({ type: 'spending', calls, dollars });
    reported = { calls, tokens, dollars };
  };

  const collect = async () => {
    let pause = SHORTEST_PAUSE_MILLISECONDS;
    while (!closed.signal.aborted) {
      const jobs = await finished.next();
      for (const job of jobs) await take(job);
      pause = jobs.length > 0 ? SHORTEST_PAUSE_MILLISECONDS : Math.min(2 * pause, LONGEST_PAUSE_MILLISECONDS);
      await sleep(pause, undefined, { signal: closed.signal });
    }
  };

  const look = watchQueue(queue, {
    expected: () => new Set([...questions.keys()].filter((id) => !outbox.has(id))),
    results: () => results,
    async onLost(ids) {
      await announceRun(redis, record);
      for (const id of ids) {
        const data = questions.get(id)?.data;
        if (data !== undefined) outbox.add(data);
      }
    },
    onSilence(wasHeard) {
      const none = wasHeard ? 'none is at work any more' : 'none has taken a job yet';
      const why = `${none}; start one with: ${workerCommand(record, shown)}`;
      emit({ type: 'waiting', what: WORKERS, why });
    },
    onHeard: () => emit({ type: 'waiting-over', what: WORKERS }),
  });
  const holdWhilePaused = async () => {
    if (!requests.isPaused()) return;
    await queue.pause();
    await requests.whilePaused(closed.signal);
    await queue.resume();
  };
  const watch = async () => {
    // A run that was killed while paused left the queue paused.
    if (await queue.isPaused()) await queue.resume();
    while (!closed.signal.aborted) {
      await holdWhilePaused();
      await sleep(WATCH_MILLISECONDS, undefined, { signal: closed.signal });
      for (const message of await takeNotes(redis, record.id)) emit({ type: 'warning', message });
      await reportSpent();
      for (const job of await finished.failed()) await take(job);
      await look();
    }
  };

  let loops: Promise<unknown> | undefined;
  const begin = async () => {
    await reportSpent();
    await announceRun(redis, record);
    await takeLeftOvers();
    loops = Promise.all([collect(), watch()].map((loop) => loop.catch((error) => fail(brokenQueue(error)))));
  };
  const takeLeftOvers = async () => {
    // What ended the earlier run, or could not be handed over, may be fixed.
    for (const { id } of await finished.failed()) await finished.remove(id);
    for (let jobs = await finished.next(); jobs.length > 0; jobs = await finished.next())
      for (const job of jobs)
        if ('error' in job.result) await finished.remove(job.id);
        else await take(job);
  };

  const obeyed = new WeakSet<AbortSignal>();
  let begun: Promise<void> | undefined;

  return {
    ...record.judge,
    ...options.needs,
    get begun() {
      return begun !== undefined;
    },
    async judge({ triplet }, { again = false, inputs, signal: unwanted }) {
      begun ??= begin().catch((error) => fail(brokenQueue(error)));
      await begun;
      if (!obeyed.has(unwanted)) {
        obeyed.add(unwanted);
        unwanted.addEventListener('abort', () => fail(unwanted.reason), { once: true });
      }
      if (failure !== undefined) throw failure.error;
      const data = { triplet, again, ...(inputs !== undefined && { inputs: inputsKey(inputs) }) };
      const id = jobId(data);
      const answer = early.get(id);
      if (answer !== undefined) {
        early.delete(id);
        unkept.set(triplet.id, id);
        return answer;
      }
      return new Promise<Judgement>((resolve, reject) => {
        questions.set(id, { data, resolve, reject });
        outbox.add(data);
      });
    },
    fail,
    async kept(id) {
      const job = unkept.get(id);
      unkept.delete(id);
      if (job === undefined) return;
      await finished.remove(job).catch((error) => {
        // If the run is ending anyway, the job may stay in the queue: its answer is known.
        if (failure === undefined) throw brokenQueue(error);
      });
    },
    async close() {
      closed.abort();
      await Promise.all([loops, outbox.close()]);
      await reportSpent();
    },
  };
}
