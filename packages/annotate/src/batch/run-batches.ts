import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError, fromSystemError, isMissing, type Emit } from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import { memoize } from 'es-toolkit/function';
import { readEarlierAnswers, withoutChanged } from '../answers/earlier-answers.ts';
import type { Judge } from '../judges/judge.ts';
import type { OpenedModel } from '../judges/judge-choice.ts';
import { committedIn } from '../language-model/spending/ledger.ts';
import { sleep } from '../concurrency/sleep.ts';
import type { Budget } from '../language-model/spending/spending.ts';
import { advanceBatches, submitFile, type BatchRun } from './advance-batches.ts';
import { createBatchClient, type Batch } from './batch-client.ts';
import type { BatchJournal, RequestFile } from './batch-journal.ts';
import { batchTargets } from './batch-target.ts';
import { REQUEST_FILE, REQUEST_LIMITS, type RequestLimits } from './request-writer.ts';
import { planRequests } from './plan-requests.ts';

export type RunBatchesOptions = {
  readonly dataset: Pick<Dataset, 'triplets' | 'resolve'>;
  /** The journal of answers: answered triplets are not asked about. */
  readonly answers: string;
  readonly judge: Pick<Judge, 'name' | 'version' | 'needsTruth'>;
  readonly models: readonly OpenedModel[];
  readonly journal: BatchJournal;
  /** Applies to all batches of the run, including those of earlier days. */
  readonly budget: Budget;
  /** The folder in which the run records its spending, however it asks. */
  readonly ledger: string;
  readonly retryQuarantined?: boolean;
  /** Counts rewards of other judges, and answers about changed triplets, as `annotate` does. */
  readonly adopt?: boolean;
  readonly keepChanged?: boolean;
  /** Waits until all batches are finished, instead of looking once. */
  readonly wait?: boolean;
  readonly signal: AbortSignal;
  /** The limits of files; what servers accept by default. */
  readonly limits?: RequestLimits;
  /** Receives how many triplets were looked at, what happens to batches, what they cost, and waits. */
  readonly emit?: Emit;
};

/** An unfinished batch, or a file that waits to become one. */
export type WaitingBatch = {
  readonly batch?: string;
  readonly model: string;
  readonly server: string;
  /** The server's word for it; "waits for room" if the server has not accepted the file yet. */
  readonly status: string;
  readonly requests: number;
  readonly completed: number;
  /** When it was submitted, in milliseconds since 1970. */
  readonly since: number;
};

export type BatchOutcome = {
  /** Triplets that can be judged from the stored replies alone. */
  readonly settled: ReadonlySet<string>;
  /** Empty if every open request has its last reply, or a budget is used up. */
  readonly waiting: readonly WaitingBatch[];
  /** Why not everything was submitted, if a budget is the reason. */
  readonly exhausted?: RewardEditError;
};

/** Seconds between two looks at what is under way: at first, and at most. */
const [FIRST_WAIT, LONGEST_WAIT] = [2, 60];
const BATCHES = 'batches';

/**
 * Fills the store of replies through batches, as far as possible now: continues the files of requests where they were left, collects
 * finished batches, and submits what is open. Settled triplets are then judged from the store, as if the model had been asked directly.
 *
 * Throws `usage` if no model is on a server or the server has no Batch API, `bad-input` if it does not accept a batch, `exhausted` if the
 * account has no credit, and `interrupted` if `signal` fires. What was recorded is kept, and the same call continues from there.
 */
export async function runBatches(options: RunBatchesOptions): Promise<BatchOutcome> {
  const { journal, models, wait = false, limits = REQUEST_LIMITS, emit = () => undefined } = options;
  const signal = interrupting(options.signal);
  const targets = batchTargets(models, options.judge.name, journal.path);
  const run: BatchRun = {
    ...{ journal, targets, emit, store: models[0].store, budget: options.budget, ledger: options.ledger },
    clientOf: memoize(({ connection }) => createBatchClient({ connection, signal, emit, persistent: wait })),
    seen: new Map(),
  };
  const answers = await readEarlierAnswers(options.answers, options.judge, {
    retry: options.retryQuarantined,
    adopt: options.adopt,
  });
  const earlier =
    options.keepChanged === true ? answers : await withoutChanged(answers, options.dataset, options.judge);
  const settled = new Set<string>();
  await removeForgotten(journal);
  if (journal.files.size === 0) for (const target of targets.all) await run.clientOf(target).probe();

  const waitingNow = () =>
    [...journal.files.values()].map((file) => toWaiting(file, run.seen.get(file.name)));
  let reported = '';
  const reportWait = () => {
    const why = describeWaiting(waitingNow());
    if (why !== reported) emit({ type: 'waiting', what: BATCHES, why });
    reported = why;
  };
  let exhausted: RewardEditError | undefined;
  let mayBeOpen = true;
  for (let pause = FIRST_WAIT; ;) {
    let moved = await advanceBatches(run);
    mayBeOpen ||= moved;
    const { files } = journal;
    const isHeld = [...files.values()].some(({ stage }) => stage === 'refused');
    if (mayBeOpen && !isHeld && (files.size === 0 || !journal.surveyed)) {
      const before = files.size;
      const found = await planRequests({
        ...options,
        ...{ targets, limits, signal, earlier, settled, emit },
        committed: await committedIn(options.ledger),
        take: (file) => submitFile(file, run),
      });
      exhausted = found.exhausted;
      mayBeOpen = !found.complete && exhausted === undefined;
      if (files.size === 0 && !mayBeOpen) break;
      moved = files.size > before || mayBeOpen;
    }
    if (moved) {
      pause = FIRST_WAIT;
      continue;
    }
    if (!wait) break;
    reportWait();
    await sleep(pause * 1000, signal);
    pause = Math.min(2 * pause, LONGEST_WAIT);
  }
  const remains = [...journal.leftovers.values()].flatMap((leftover) => leftover.remains);
  if (remains.length > 0) {
    const message = `These files could not be deleted at the server; the next run tries again: ${remains.join(', ')}.`;
    emit({ type: 'warning', message });
  }
  // Empty now, unless a file waits to be uploaded.
  await rmdir(journal.folder).catch(() => undefined);
  if (reported !== '') emit({ type: 'waiting-over', what: BATCHES });
  const waiting = waitingNow();
  return { settled, waiting, ...(exhausted !== undefined && { exhausted }) };
}

/**
 * Returns why a run is not complete: `pending` if something is under way, `exhausted` if a budget held something back; undefined if all
 * open requests are settled.
 */
export function whyUnfinished(
  { waiting, exhausted }: BatchOutcome,
  { path }: BatchJournal,
): RewardEditError | undefined {
  if (waiting.length === 0) return exhausted;
  const what = waiting.length === 1 ? 'a batch is' : `${waiting.length} batches are`;
  return new RewardEditError('pending', `${what} not over yet`, {
    where: path,
    hint: 'the same command collects what is ready; with --wait it waits for all of it',
  });
}

/** Derives a signal whose reason says what happens to submitted batches. */
function interrupting(signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    const message = 'stopped before the end; what was submitted continues at the server';
    controller.abort(new RewardEditError('interrupted', message, { hint: 'the same command collects it' }));
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  return controller.signal;
}

/** Removes files of requests that a killed process did not finish. */
async function removeForgotten({ folder, files }: BatchJournal): Promise<void> {
  try {
    for (const name of await readdir(folder))
      if (REQUEST_FILE.test(name) && !files.has(name)) await rm(join(folder, name));
  } catch (error) {
    if (!isMissing(error)) throw fromSystemError(error, { doing: 'tidy up', path: folder });
  }
}

/** Describes unfinished batches, such as "not over at api.openai.com: 2; waiting for room there: 1". */
function describeWaiting(waiting: readonly WaitingBatch[]): string {
  const submitted = waiting.filter(({ batch }) => batch !== undefined);
  const servers = [...new Set(submitted.map(({ server }) => server))].join(', ');
  const room = waiting.length - submitted.length;
  return [
    ...(submitted.length > 0 ? [`not over at ${servers}: ${submitted.length}`] : []),
    ...(room > 0 ? [`waiting for room there: ${room}`] : []),
  ].join('; ');
}

function toWaiting(file: RequestFile, seen: Batch | undefined): WaitingBatch {
  const { model, server, keys, since, batch, stage } = file;
  const isUnderWay = stage === 'submitted';
  return {
    ...{ model, server, since, requests: keys.size },
    ...(isUnderWay && batch !== undefined && { batch }),
    status: isUnderWay ? (seen?.status ?? 'unknown') : 'waits for room',
    completed: isUnderWay ? (seen?.request_counts?.completed ?? 0) : 0,
  };
}
