import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  fromSystemError,
  lockFile,
  makeFolder,
  openJournal,
  RewardEditError,
  rewardSchema,
  type EventBody,
  type Journal,
  type Reward,
  type Triplet,
} from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import type { Judge, Judgement } from './judge.ts';
import { judgedTriplet } from './judged-triplet.ts';
import { readAnswers, rewardsPath } from './rewards.ts';

export type AnnotateOptions = {
  readonly dataset: Pick<Dataset, 'folder' | 'metadata' | 'triplets' | 'resolve'>;
  readonly judge: Judge;
  /** Where the answers go: `rewards.jsonl` in the dataset's folder unless told. */
  readonly journal?: string;
  /** How many triplets are judged at once, at most; 4 unless told. */
  readonly concurrency?: number;
  /** Told how many triplets are done wherever those that have an answer were passed over (`progress`), and what becomes of each of the others. */
  readonly onEvent?: (event: EventBody) => void | Promise<void>;
  /** Stops after the triplets in flight, with an 'interrupted' error; the same call continues later. */
  readonly signal?: AbortSignal;
};

export type AnnotateSummary = {
  /** Triplets that got a reward in this call. */
  readonly judged: number;
  /** Triplets about which the judge gave no answer in this call. */
  readonly missing: number;
  /** Triplets set aside in this call, because a picture cannot be read; the next call tries them again. */
  readonly quarantined: number;
  /** Triplets that had an answer before. */
  readonly answeredBefore: number;
};

/** Syncing every line would be slower than the fastest judge; a power cut costs at most these answers. */
const ANSWERS_PER_SYNC = 16;

/** The list of triplets set aside, beside the journal of answers. */
const QUARANTINE_FILE = 'quarantine.jsonl';

/** What became of one triplet. */
type Outcome = Judgement | { readonly unreadable: string };

/**
 * Lets a judge score every triplet of a dataset that has no answer yet, and appends a line for each to the journal of
 * answers, in the order of the dataset: the journal of a run that was stopped (or killed) and continued equals that of
 * one that ran through, byte for byte. A triplet whose pictures cannot be read is set aside in `quarantine.jsonl`
 * beside the journal, which lists those of the latest call.
 *
 * Throws 'bad-input' where the metadata or the journal is damaged, an id occurs twice, or the journal is another
 * judge's; 'failed' while another process has the journal; 'interrupted' when `signal` says so; and what the judge throws. Answers given before are kept then.
 */
export async function annotate(options: AnnotateOptions): Promise<AnnotateSummary> {
  const { journal: path = rewardsPath(options.dataset) } = options;
  await makeFolder(dirname(path));
  const unlock = await lockFile(path);
  try {
    return await judgeAll({ ...options, journal: path });
  } finally {
    await unlock();
  }
}

async function judgeAll(options: AnnotateOptions & { readonly journal: string }): Promise<AnnotateSummary> {
  const { dataset, judge, journal: path, concurrency = 4, onEvent, signal } = options;
  const answered = await readAnswered(path, judge);
  const journal = await openJournal(path, { syncEvery: ANSWERS_PER_SYNC });
  const quarantine = await emptyQuarantine(path);
  const counts = { judged: 0, missing: 0, quarantined: 0, answeredBefore: 0 };
  const failed = new AbortController();
  let stopped = false;
  const inFlight: { id: string; outcome: Promise<Outcome> }[] = [];

  const settleFirst = async () => {
    const { id, outcome: promise } = inFlight.shift()!;
    const outcome = await promise;
    if ('reward' in outcome) {
      counts.judged += 1;
      const reward = signed(outcome.reward, judge);
      await journal.append({ id, reward });
      await onEvent?.({ type: 'judged', id, reward });
    } else if ('missing' in outcome) {
      counts.missing += 1;
      await journal.append({ id, missing: outcome.missing });
      await onEvent?.({ type: 'missing', id, reason: outcome.missing });
    } else {
      counts.quarantined += 1;
      await quarantine.append({ id, reason: outcome.unreadable });
      await onEvent?.({ type: 'quarantined', id, reason: outcome.unreadable });
    }
  };

  // The journal may hold answers about triplets that are no longer in the dataset, so its length is not what is done.
  let passedOver = -1;
  const tellPassedOver = async () => {
    const { judged, missing, quarantined, answeredBefore } = counts;
    if (answeredBefore === passedOver) return;
    passedOver = answeredBefore;
    const done = judged + missing + quarantined + answeredBefore;
    await onEvent?.({ type: 'progress', what: 'triplets', done });
  };

  try {
    for await (const triplet of uniqueTriplets(dataset)) {
      if (answered.has(triplet.id)) {
        counts.answeredBefore += 1;
        continue;
      }
      if (signal?.aborted === true) {
        stopped = true;
        break;
      }
      await tellPassedOver();
      const outcome = judgeOne(options, triplet, failed.signal);
      // Handled when its turn comes; until then a failure must not end the process.
      outcome.catch(() => undefined);
      inFlight.push({ id: triplet.id, outcome });
      if (inFlight.length >= concurrency) await settleFirst();
    }
    while (inFlight.length > 0) await settleFirst();
    if (!stopped) await tellPassedOver();
  } catch (error) {
    failed.abort();
    await Promise.allSettled(inFlight.map(({ outcome }) => outcome));
    throw error;
  } finally {
    await journal.close();
    await quarantine.close();
  }
  if (stopped) {
    const { judged, missing } = counts;
    throw new RewardEditError('interrupted', `stopped after ${judged + missing} new answers`, {
      where: path,
      hint: 'the same command continues from there',
    });
  }
  return counts;
}

async function judgeOne(
  { dataset, judge }: AnnotateOptions,
  triplet: Triplet,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    return await judge.judge(judgedTriplet(dataset, triplet), { signal });
  } catch (error) {
    if (!(error instanceof RewardEditError) || error.code !== 'bad-input') throw error;
    return { unreadable: [error.where, error.message].filter((part) => part !== undefined).join(': ') };
  }
}

/** The ids that have an answer. Throws 'bad-input' where they are another judge's. */
async function readAnswered(path: string, { name, version }: Judge): Promise<Set<string>> {
  const ids = new Set<string>();
  if (!existsSync(path)) return ids;
  for await (const answer of readAnswers(path)) {
    ids.add(answer.id);
    const judge = 'reward' in answer ? answer.reward.judge : undefined;
    if (judge !== undefined && (judge.name !== name || judge.version !== version)) {
      throw new RewardEditError(
        'bad-input',
        `the answers there are those of the judge ${judge.name} ${judge.version}, not ${name} ${version}`,
        {
          where: path,
          hint: 'choose another journal, or move this one away to have all triplets judged anew',
        },
      );
    }
  }
  return ids;
}

/** The reward with the judge's name in it. Throws ZodError where a judge gave something that is none. */
function signed(reward: Reward, { name, version }: Judge): Reward {
  return rewardSchema.parse({ ...reward, judge: { ...reward.judge, name, version } });
}

/** A new list for this call, which tries every triplet without an answer again; no file until something is in it. */
async function emptyQuarantine(journalPath: string): Promise<Journal> {
  const path = join(dirname(journalPath), QUARANTINE_FILE);
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw fromSystemError(error, { doing: 'start the list of triplets set aside', path });
  }
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
