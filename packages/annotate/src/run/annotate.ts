import { dirname } from 'node:path';
import {
  assertUnlocked,
  lockFile,
  makeFolder,
  openJournal,
  openJournalWhenUsed,
  RewardEditError,
  rewardSchema,
  type Emit,
  type Reward,
  type Triplet,
} from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import { Semaphore } from 'es-toolkit/promise';
import { adoptAnswers } from '../answers/adopt-answers.ts';
import { linesThatCount, rewardsPath, type Answer } from '../answers/answers.ts';
import { createCircuitBreaker, noUsableReply } from './circuit-breaker.ts';
import {
  ANNOTATE_ADVICE,
  readEarlierAnswers,
  withoutChanged,
  type JournalAdvice,
} from '../answers/earlier-answers.ts';
import { haltedBy } from './halted-by.ts';
import { hashInputs, type Inputs } from '../answers/inputs.ts';
import { judgeTriplet, type Measure } from './judge-triplet.ts';
import { measuresSchema, type Judge, type Judgement } from '../judges/judge.ts';
import { judgedTriplet } from './judged-triplet.ts';
import { quarantinePath, type Quarantined } from '../answers/quarantine.ts';
import { createFileReader } from '../files/read-file.ts';
import { RunEndingError } from '../judges/run-ending-error.ts';
import { settleJournal } from '../answers/settle-journal.ts';

export type AnnotateOptions = {
  readonly dataset: Pick<Dataset, 'folder' | 'metadata' | 'triplets' | 'resolve'>;
  readonly judge: Judge;
  /** The journal of answers: `rewards.jsonl` in the dataset's folder by default. */
  readonly journal?: string;
  /** The most triplets judged at once; 4 by default. */
  readonly concurrency?: number;
  /** Asks again about the triplets that were set aside. */
  readonly retryQuarantined?: boolean;
  /** Adopts rewards of other judges in the journal, which are refused otherwise. */
  readonly adopt?: boolean;
  /** Keeps answers about triplets whose instruction or pictures have changed, instead of asking again. */
  readonly keepChanged?: boolean;
  /** The advice about answers that do not fit; that of `annotate` by default. */
  readonly advice?: JournalAdvice;
  /** Selects the triplets to judge, by id: all by default. */
  readonly includes?: (id: string) => boolean;
  readonly measure?: Measure;
  /** Other journals of answers about these triplets, which no other process may be writing. */
  readonly apartFrom?: readonly string[];
  /** How many triplets in a row without a usable reply end the run; 20 by default. */
  readonly breakAfter?: number;
  /** Receives `progress` whenever triplets with an answer were skipped, and the outcome of each other triplet. */
  readonly emit?: Emit;
  /** Called when the answer about a triplet is on disk and would survive a power cut, so that nobody else needs to keep it. */
  readonly onKept?: (id: string) => void | Promise<void>;
  /** Stops after the triplets in flight with an `interrupted` error; the same call continues later. */
  readonly signal?: AbortSignal;
};

export type AnnotateSummary = {
  /** Triplets that got a full reward in this call. */
  readonly judged: number;
  /** Triplets set aside in this call: without a reward, or with one that lacks a perspective. */
  readonly quarantined: number;
  /** Triplets that were answered or set aside before. */
  readonly answeredBefore: number;
};

/** Answers per fsync: syncing every line would be slower than the fastest judge. A power cut loses at most so many. */
const ANSWERS_PER_SYNC = 16;
/** With at most so many triplets left, a run whose judge is at fault continues to its end. */
const WORTH_SAVING = 10;

/**
 * Lets a judge score every triplet of a dataset that has no answer yet, and appends each answer to the journal as it arrives. A triplet
 * without a full reward is set aside: the journal says that it is missing, and `quarantine.jsonl` beside it says why, with the judge's
 * replies; it is asked about again only with `retryQuarantined`. Finally, both files are put in the order of the dataset: after a run that
 * was stopped or killed and continued, they equal those of an uninterrupted run, byte for byte.
 *
 * Every line says what was judged, by hashes of instruction and pictures, and by whom. A triplet that has changed since is judged again.
 *
 * A triplet without a usable reply is held back until another one gets one. If `breakAfter` in a row get none, the judge is at fault: the
 * run ends, and the next one asks about them again.
 *
 * Throws `bad-input` if the metadata or the journal is damaged, an id occurs twice, or the journal is another judge's; `usage` if no
 * triplet has what the judge needs; `failed` while another process has one of the journals, or if the judge has no usable reply any more;
 * `interrupted` if `signal` fires; and what the judge throws. Earlier answers are kept in all cases.
 */
export async function annotate(options: AnnotateOptions): Promise<AnnotateSummary> {
  const { journal: path = rewardsPath(options.dataset) } = options;
  await assertKnown(options.dataset, options.judge);
  await makeFolder(dirname(path));
  const lost = new AbortController();
  const unlock = await lockFile(path, {
    onWait: (message) => options.emit?.({ type: 'warning', message }),
    onLost: (error) => lost.abort(error),
  });
  try {
    for (const other of options.apartFrom ?? []) await assertUnlocked(other);
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
  const { dataset, judge, journal: path, concurrency = 4, emit, includes = () => true } = options;
  const earlier = await findEarlier(options);
  // With `onKept`, others keep answers until they are synced; many arrive at once then, and share a sync.
  const journal = await openJournal(path, { syncEvery: options.onKept === undefined ? ANSWERS_PER_SYNC : 1 });
  const quarantine = openJournalWhenUsed(quarantinePath(path));
  const counts = { judged: 0, quarantined: 0, answeredBefore: 0 };
  const slots = new Semaphore(concurrency);
  const { halt, cancel, end } = haltedBy(options.signal, options.lost, path);
  let complete = true;
  const breaker = createCircuitBreaker<Outcome>(options.breakAfter);
  let [begun, underWay] = [0, 0];
  let allBegun = false;
  let judgedNow = 0;
  const done = () => judgedNow + counts.answeredBefore;

  const keep = async ({ reason, answer, replies }: Outcome) => {
    const { id } = answer;
    if (reason === undefined) counts.judged += 1;
    else {
      counts.quarantined += 1;
      const entry: Quarantined = { id, reason, ...(replies !== undefined && { replies: [...replies] }) };
      await quarantine.append(entry);
    }
    await journal.append(answer);
    await options.onKept?.(id);
    judgedNow += 1;
    if (reason !== undefined) emit?.({ type: 'quarantined', id, reason, done: done() });
    else if ('reward' in answer) emit?.({ type: 'judged', id, reward: answer.reward, done: done() });
  };

  const judgeInSlot = async (triplet: Triplet, position: number) => {
    try {
      const { id } = triplet;
      const readFile = createFileReader();
      const inputs = await hashInputs(dataset, triplet, judge, readFile);
      const context = {
        ...{ signal: halt.signal, cancel: cancel.signal, again: earlier.again.has(id), inputs },
        emit,
      };
      const judgement = await judgeTriplet(options, judgedTriplet(dataset, triplet, readFile), context);
      const outcome = toAnswer({ id, inputs }, judgement, judge);
      if (judgement.reward !== undefined) for (const cleared of breaker.pass(position)) await keep(cleared);
      const isUnusable = judgement.reward === undefined && judgement.replies !== undefined;
      if (!isUnusable || !breaker.hold(position, outcome, !earlier.suspects.has(id))) {
        await keep(outcome);
        return;
      }
      // With little left to judge, an early end would save nothing.
      if (breaker.tripped && (!allBegun || underWay > WORTH_SAVING)) {
        const [count, file] = [breaker.held.length, quarantinePath(path)];
        halt.abort(noUsableReply(judgement.missing, { judge: judge.name, count, quarantine: file }));
      }
    } catch (error) {
      complete = false;
      end(error);
    } finally {
      underWay -= 1;
      slots.release();
    }
  };

  // The journal may contain answers about triplets that are no longer in the dataset, so its length is not the progress.
  let passedOver = -1;
  const tellPassedOver = () => {
    const { answeredBefore } = counts;
    if (answeredBefore === passedOver) return;
    passedOver = answeredBefore;
    emit?.({ type: 'progress', done: done(), before: answeredBefore });
  };

  try {
    for await (const triplet of uniqueTriplets(dataset)) {
      if (!includes(triplet.id)) continue;
      if (earlier.answered.has(triplet.id)) {
        counts.answeredBefore += 1;
        continue;
      }
      tellPassedOver();
      await slots.acquire();
      if (halt.signal.aborted) {
        complete = false;
        slots.release();
        break;
      }
      underWay += 1;
      void judgeInSlot(triplet, begun++);
    }
    allBegun = true;
    if (complete) tellPassedOver();
  } catch (error) {
    complete = false;
    end(error);
  }
  // Once all slots are acquired, nothing is under way.
  for (let slot = 0; slot < concurrency; slot++) await slots.acquire();
  if (halt.signal.reason instanceof RunEndingError) {
    complete = false;
    for (const held of breaker.held) await keep({ ...held, answer: { ...held.answer, askAgain: true } });
  } else if (complete) for (const held of breaker.held) await keep(held);
  await journal.close();
  await quarantine.close();
  // A request to stop that came after the last triplet began changes nothing.
  if (!complete) throw halt.signal.reason;
  return counts;
}

/** Reads the answers that the journal already has, with those adopted, and without those about changed triplets. */
async function findEarlier({ dataset, judge, journal, emit, ...options }: Run) {
  const warn = (message: string) => emit?.({ type: 'warning', message });
  if (options.adopt === true) {
    const adopted = await adoptAnswers(dataset, journal, judge);
    if (adopted > 0) warn(`Adopted answers of other judges: ${adopted}.`);
  }
  const { retryQuarantined: retry, adopt, advice = ANNOTATE_ADVICE } = options;
  const earlier = await readEarlierAnswers(journal, judge, { retry, adopt, advice });
  const current = await withoutChanged(earlier, dataset, judge, options.signal);
  const { changed } = current;
  if (changed === 0) return current;
  const keep = options.keepChanged === true;
  warn(
    `Triplets whose instruction or pictures have changed since they were answered: ${changed}. ` +
      (keep
        ? 'Their answers are kept.'
        : `${['They are asked about again', advice.changed].filter((part) => part !== undefined).join('; ')}.`),
  );
  return keep ? earlier : current;
}

/** Throws `usage` if the judge needs what only the maker of a triplet knows, and no triplet has it. */
async function assertKnown(
  { metadata, triplets }: AnnotateOptions['dataset'],
  { needsTruth = false, needsRewrites = false }: Judge,
): Promise<void> {
  if (!needsTruth && !needsRewrites) return;
  const [known, message] = needsTruth
    ? (['truth', 'the oracle measures against true edits, and no triplet here has one'] as const)
    : (['rewrites', 'the oracle only repeats noted instructions, and no triplet here has any'] as const);
  let count = 0;
  for await (const triplet of triplets()) {
    if (triplet[known] !== undefined) return;
    count += 1;
  }
  if (count === 0) return;
  throw new RewardEditError('usage', message, {
    where: metadata,
    hint: 'choose a language model, such as --judge openai:MODEL, or compatible:MODEL with --base-url',
  });
}

/** The outcome of a triplet, as it is stored. */
type Outcome = {
  readonly reason: string | undefined;
  readonly answer: Answer;
  readonly replies: readonly string[] | undefined;
};

function toAnswer(
  about: { readonly id: string; readonly inputs: Inputs },
  judgement: Judgement,
  judge: Judge,
): Outcome {
  const { reward, missing, replies } = judgement;
  const spent = judgement.spent === undefined ? {} : { spent: judgement.spent };
  if (reward === undefined) {
    const { name, version } = judge;
    return { reason: missing, answer: { ...about, judge: { name, version }, missing, ...spent }, replies };
  }
  const { measures, rewrites, kind } = judgement;
  const answer = {
    ...about,
    reward: signed(reward, judge),
    ...(missing !== undefined && { missing }),
    ...(kind !== undefined && { kind }),
    ...(rewrites !== undefined && { rewrites }),
    ...(measures !== undefined &&
      Object.keys(measures).length > 0 && { measures: measuresSchema.parse(measures) }),
    ...spent,
  };
  return { reason: missing, answer, replies };
}

/** Adds the judge's name to a reward. Throws ZodError if the reward is invalid. */
function signed(reward: Reward, { name, version }: Judge): Reward {
  return rewardSchema.parse({ ...reward, judge: { ...reward.judge, name, version } });
}

/** Brings the journal and the list of set-aside triplets into their final form. */
async function settle(dataset: AnnotateOptions['dataset'], path: string): Promise<void> {
  const { positions, incomplete } = await linesThatCount(path);
  await settleJournal(path, idsOf(dataset), { positions });
  const isComplete = (id: string) => positions.has(id) && !incomplete.has(id);
  await settleJournal(quarantinePath(path), idsOf(dataset), { leaveOut: isComplete });
}

async function* idsOf(dataset: AnnotateOptions['dataset']): AsyncGenerator<string> {
  for await (const { id } of dataset.triplets()) yield id;
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
