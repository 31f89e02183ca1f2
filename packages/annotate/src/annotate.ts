import { dirname } from 'node:path';
import {
  lockFile,
  makeFolder,
  openJournal,
  RewardEditError,
  rewardSchema,
  type ErrorCode,
  type EventBody,
  type Journal,
  type Reward,
  type Triplet,
} from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import { measuresSchema, readAnswers, rewardsPath, type Answer } from './answers.ts';
import { readEarlierAnswers } from './earlier-answers.ts';
import { judgeTriplet, type Measure } from './judge-triplet.ts';
import type { Judge, Judgement } from './judge.ts';
import { judgedTriplet } from './judged-triplet.ts';
import { quarantinePath, type Quarantined } from './quarantine.ts';
import { settleJournal } from './settle-journal.ts';
import { createSlots } from './slots.ts';

export type AnnotateOptions = {
  readonly dataset: Pick<Dataset, 'folder' | 'metadata' | 'triplets' | 'resolve'>;
  readonly judge: Judge;
  /** Where the answers go: `rewards.jsonl` in the dataset's folder unless told. */
  readonly journal?: string;
  /** How many triplets are judged at once, at most; 4 unless told. */
  readonly concurrency?: number;
  /** Asks anew about the triplets that were set aside. */
  readonly retryQuarantined?: boolean;
  /** Which triplets are judged here, by id: all unless told. */
  readonly includes?: (id: string) => boolean;
  readonly measure?: Measure;
  /** Told how many triplets are done wherever those that have an answer were passed over (`progress`), and what becomes of each of the others. */
  readonly onEvent?: (event: EventBody) => void | Promise<void>;
  /** Told that the answer about a triplet is on disk, where a power cut leaves it too: nobody else needs to keep it. */
  readonly onKept?: (id: string) => void | Promise<void>;
  /** Stops after the triplets in flight, with an 'interrupted' error; the same call continues later. */
  readonly signal?: AbortSignal;
};

export type AnnotateSummary = {
  /** Triplets that got a full reward in this call. */
  readonly judged: number;
  /** Triplets set aside in this call: without a reward, or with one that lacks a perspective. */
  readonly quarantined: number;
  /** Triplets that had an answer before, or were set aside before. */
  readonly answeredBefore: number;
};

/** Syncing every line would be slower than the fastest judge; a power cut costs at most these answers. */
const ANSWERS_PER_SYNC = 16;

/**
 * Lets a judge score every triplet of a dataset that has no answer yet, and appends a line for each to the journal of
 * answers as it comes. A triplet that gets no full reward is set aside: the journal says that it is missing, and
 * `quarantine.jsonl` beside it why, with what the judge said; only `retryQuarantined` asks about it again. When all are done,
 * both files are put in the order of the dataset: after a run that was stopped (or killed) and continued they equal those of
 * one that ran through, byte for byte.
 *
 * Throws 'bad-input' where the metadata or the journal is damaged, an id occurs twice, or the journal is another
 * judge's; 'failed' while another process has the journal; 'interrupted' when `signal` says so; and what the judge throws.
 * Answers given before are kept then.
 */
export async function annotate(options: AnnotateOptions): Promise<AnnotateSummary> {
  const { journal: path = rewardsPath(options.dataset) } = options;
  await makeFolder(dirname(path));
  const lost = new AbortController();
  const unlock = await lockFile(path, {
    onWait: (message) => void options.onEvent?.({ type: 'warning', message }),
    onLost: (error) => lost.abort(error),
  });
  try {
    const summary = await judgeAll({ ...options, journal: path, lost: lost.signal });
    await settle(options.dataset, path);
    return summary;
  } finally {
    await unlock();
  }
}

type Run = AnnotateOptions & {
  readonly journal: string;
  /** Fires when another process has taken over the journal. */
  readonly lost: AbortSignal;
};

async function judgeAll(options: Run): Promise<AnnotateSummary> {
  const { dataset, judge, journal: path, concurrency = 4, onEvent, includes = () => true } = options;
  const earlier = await readEarlierAnswers(path, judge, options.retryQuarantined);
  // With `onKept`, others hold answers until they are synced; many come at once then, and share a sync.
  const journal = await openJournal(path, {
    syncEvery: options.onKept === undefined ? ANSWERS_PER_SYNC : 1,
  });
  const quarantine = openWhenUsed(quarantinePath(path));
  const counts = { judged: 0, quarantined: 0, answeredBefore: 0 };
  const slots = createSlots(concurrency);
  const { halt, cancel, end } = haltedBy(options, path);
  let complete = true;

  const judgeInSlot = async (triplet: Triplet) => {
    try {
      const { id } = triplet;
      const context = { signal: halt.signal, cancel: cancel.signal, again: earlier.again.has(id) };
      const outcome = await judgeTriplet(options, judgedTriplet(dataset, triplet), context);
      const { reason, answer, replies } = toAnswer(id, outcome, judge);
      if (reason === undefined) counts.judged += 1;
      else {
        counts.quarantined += 1;
        const entry: Quarantined = { id, reason, ...(replies !== undefined && { replies: [...replies] }) };
        await quarantine.append(entry);
      }
      await journal.append(answer);
      await options.onKept?.(id);
      if (reason !== undefined) await onEvent?.({ type: 'quarantined', id, reason });
      else if ('reward' in answer) await onEvent?.({ type: 'judged', id, reward: answer.reward });
    } catch (error) {
      complete = false;
      end(error);
    } finally {
      slots.release();
    }
  };

  // The journal may hold answers about triplets that are no longer in the dataset, so its length is not what is done.
  let passedOver = -1;
  const tellPassedOver = async () => {
    const { judged, quarantined, answeredBefore } = counts;
    if (answeredBefore === passedOver) return;
    passedOver = answeredBefore;
    await onEvent?.({ type: 'progress', what: 'triplets', done: judged + quarantined + answeredBefore });
  };

  try {
    for await (const triplet of uniqueTriplets(dataset)) {
      if (!includes(triplet.id)) continue;
      if (earlier.answered.has(triplet.id)) {
        counts.answeredBefore += 1;
        continue;
      }
      await tellPassedOver();
      await slots.take();
      if (halt.signal.aborted) {
        complete = false;
        slots.release();
        break;
      }
      void judgeInSlot(triplet);
    }
    if (complete) await tellPassedOver();
  } catch (error) {
    complete = false;
    end(error);
  }
  await slots.idle();
  await journal.close();
  await quarantine.close();
  // A request to stop that came when all was under way changes nothing.
  if (!complete) throw halt.signal.reason;
  return counts;
}

/** Failures after which replies that are under way are still worth waiting for, since they were paid for. */
const ORDERLY: readonly ErrorCode[] = ['interrupted', 'exhausted'];

/** What ends a run early: `halt` begins nothing more, `cancel` drops what is under way. The first reason is the one that is told. */
function haltedBy({ signal, lost }: Pick<Run, 'signal' | 'lost'>, path: string) {
  const halt = new AbortController();
  const cancel = new AbortController();
  const end = (reason: unknown) => {
    halt.abort(reason);
    const isOrderly = reason instanceof RewardEditError && ORDERLY.includes(reason.code);
    if (!isOrderly && !lost.aborted) cancel.abort(reason);
  };
  const stop = () => {
    end(
      new RewardEditError('interrupted', 'stopped before the end; what was answered is kept', {
        where: path,
        hint: 'the same command continues from there',
      }),
    );
  };
  lost.addEventListener('abort', () => end(lost.reason), { once: true });
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop, { once: true });
  return { halt, cancel, end };
}

function toAnswer(
  id: string,
  judgement: Judgement,
  judge: Judge,
): { reason: string | undefined; answer: Answer; replies: readonly string[] | undefined } {
  const { reward, missing, replies } = judgement;
  if (reward === undefined) return { reason: missing, answer: { id, missing }, replies };
  const { measures } = judgement;
  const answer = {
    id,
    reward: signed(reward, judge),
    ...(missing !== undefined && { missing }),
    ...(measures !== undefined &&
      Object.keys(measures).length > 0 && { measures: measuresSchema.parse(measures) }),
  };
  return { reason: missing, answer, replies };
}

/** The reward with the judge's name in it. Throws ZodError where a judge gave something that is none. */
function signed(reward: Reward, { name, version }: Judge): Reward {
  return rewardSchema.parse({ ...reward, judge: { ...reward.judge, name, version } });
}

/** Puts the journal and the list of those set aside into their final form. */
async function settle(dataset: AnnotateOptions['dataset'], path: string): Promise<void> {
  const complete = new Set<string>();
  for await (const { id, missing } of readAnswers(path)) if (missing === undefined) complete.add(id);
  await settleJournal(path, idsOf(dataset));
  await settleJournal(quarantinePath(path), idsOf(dataset), complete);
}

async function* idsOf(dataset: AnnotateOptions['dataset']): AsyncGenerator<string> {
  for await (const { id } of dataset.triplets()) yield id;
}

/** A journal that is no file until something is in it. */
function openWhenUsed(path: string): Journal {
  let opened: Promise<Journal> | undefined;
  return {
    append: async (value) => (await (opened ??= openJournal(path))).append(value),
    close: async () => (await opened)?.close(),
  };
}

async function* uniqueTriplets(dataset: AnnotateOptions['dataset']): AsyncGenerator<Triplet> {
  const ids = new Set<string>();
  for await (const triplet of dataset.triplets()) {
    if (ids.has(triplet.id)) {
      throw new RewardEditError('bad-input', `two triplets have the id ${triplet.id}`, {
        where: dataset.metadata,
        hint: 'answers are kept by id: give each triplet its own',
      });
    }
    ids.add(triplet.id);
    yield triplet;
  }
}
