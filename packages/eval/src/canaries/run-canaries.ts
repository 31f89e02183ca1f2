import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RewardEditError, type Emit, type Reward, type Triplet } from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import type { Judge, JudgeContext, JudgedTriplet } from '@rewardedit/annotate';
import { CANARIES, CANARY_NAMES, type CanaryName } from './canary.ts';
import { chooseBases, otherInstruction } from './choose-bases.ts';
import { makeVariants, type Variants } from './variants.ts';
import { combineOutcomes, judgeScores, type Outcome, type Verdict } from './verdict.ts';

export type CanaryOptions = {
  readonly dataset: Pick<Dataset, 'metadata' | 'triplets' | 'resolve'>;
  readonly judge: Judge;
  /** Stops after the answers in flight, with an 'interrupted' error. */
  readonly signal?: AbortSignal;
  /** Receives progress and calls to models. */
  readonly emit?: Emit;
};

/** A judge's answer: scores and texts, or why there are none. */
export type Answered = Partial<Pick<Reward, 'scores' | 'feedback'>> & { readonly missing?: string };

/** One canary with one triplet. */
export type Trial = Verdict & Answered & { readonly triplet: string };

export type CanaryResult = {
  readonly name: CanaryName;
  readonly shown: string;
  readonly expected: string;
  readonly outcome: Outcome;
  readonly trials: readonly Trial[];
};

export type CanaryReport = {
  readonly judge: { readonly name: string; readonly version: string };
  /** The triplets that the canaries were made from, with the judge's answers about them unchanged. */
  readonly bases: readonly (Answered & { readonly triplet: string; readonly instruction: string })[];
  readonly canaries: readonly CanaryResult[];
};

/** The number of triplets to make into canaries. */
const BASES = 4;

/** The number of answers a judge is asked for, if the dataset has enough triplets. */
export const CANARY_ANSWERS = BASES * (CANARY_NAMES.length + 1);

/**
 * Asks a judge questions with known answers: a few triplets of the dataset (chosen by their content, spread over the kinds),
 * changed so that the right scores are clear. Asks for at most eight answers for each of four triplets, and writes nothing into
 * the dataset.
 *
 * Throws 'bad-input' if the dataset has no triplet with readable pictures, 'interrupted' on `signal`, and whatever the judge
 * throws.
 */
export async function runCanaries(options: CanaryOptions): Promise<CanaryReport> {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-canaries-'));
  try {
    return await runIn(folder, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runIn(folder: string, options: CanaryOptions): Promise<CanaryReport> {
  const { dataset, judge, emit } = options;
  const bases = await openBases(dataset, folder);
  const total = bases.length * (CANARY_NAMES.length + 1);
  let done = 0;
  const onAnswer = () => {
    done += 1;
    emit?.({ type: 'progress', done, total });
  };
  const { context, end } = endedBy(options.signal, emit);
  const asked = await Promise.allSettled(
    bases.map(async ({ variants }) => {
      try {
        return await tryAll(variants, async (triplet) => askJudge(judge, triplet, context), onAnswer);
      } catch (error) {
        end(error);
        throw error;
      }
    }),
  );
  const answers = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  if (answers.length < bases.length) throw context.signal.reason;
  return {
    judge: { name: judge.name, version: judge.version },
    bases: answers.map(({ unchanged }, i) => ({
      triplet: bases[i].triplet.id,
      instruction: bases[i].triplet.instruction,
      ...unchanged,
    })),
    canaries: CANARY_NAMES.map((name) => {
      const { shown, expected, needs } = CANARIES[name];
      const trials = answers.map(({ trials }, i) => ({ triplet: bases[i].triplet.id, ...trials[name] }));
      const outcome = combineOutcomes(
        trials.map((trial) => trial.outcome),
        needs,
      );
      return { name, shown, expected, outcome, trials };
    }),
  };
}

type Base = { readonly triplet: Triplet; readonly variants: Variants };

/** The first triplets with readable pictures. */
async function openBases(dataset: CanaryOptions['dataset'], folder: string): Promise<Base[]> {
  const candidates = await chooseBases(dataset);
  const bases: Base[] = [];
  for (const [i, triplet] of candidates.entries()) {
    if (bases.length === BASES) break;
    const own = join(folder, `${i}`);
    await mkdir(own);
    try {
      const variants = await makeVariants(triplet, otherInstruction(triplet, candidates), dataset, own);
      bases.push({ triplet, variants });
    } catch (error) {
      if (!(error instanceof RewardEditError) || error.code !== 'bad-input') throw error;
    }
  }
  if (bases.length === 0) {
    throw new RewardEditError(
      'bad-input',
      'no triplet of the dataset has readable pictures to make canaries from',
      {
        where: dataset.metadata,
        hint: 'canaries are made from triplets of the dataset, which needs at least one',
      },
    );
  }
  return bases;
}

/** Tries all canaries of one triplet, one after the other, except those that cannot be tried. */
async function tryAll(
  variants: Variants,
  ask: (triplet: JudgedTriplet) => Promise<Answered>,
  onAnswer: () => void,
): Promise<{ unchanged: Answered; trials: Record<CanaryName, Verdict & Answered> }> {
  const unchanged = await ask(variants.unchanged);
  onAnswer();
  const trials: Partial<Record<CanaryName, Verdict & Answered>> = {};
  for (const name of CANARY_NAMES) {
    const { [name]: triplet } = variants;
    const identical = trials.identical?.scores ?? {};
    const limits = CANARIES[name].limits({ unchanged: unchanged.scores ?? {}, identical });
    if (typeof limits === 'string') trials[name] = { outcome: 'not tried', reason: limits };
    else if (triplet === undefined)
      trials[name] = { outcome: 'not tried', reason: 'the dataset has no other instruction' };
    else {
      const answer = await ask(triplet);
      const verdict = judgeScores(answer.scores ?? {}, limits);
      trials[name] = { ...answer, ...verdict };
    }
    onAnswer();
  }
  return { unchanged, trials: trials as Record<CanaryName, Verdict & Answered> };
}

async function askJudge(judge: Judge, triplet: JudgedTriplet, context: JudgeContext): Promise<Answered> {
  if (context.signal.aborted) throw context.signal.reason;
  try {
    const { reward, missing } = await judge.judge(triplet, context);
    return {
      ...(reward !== undefined && { scores: reward.scores, feedback: reward.feedback }),
      ...(missing !== undefined && { missing }),
    };
  } catch (error) {
    if (!(error instanceof RewardEditError) || error.code !== 'bad-input') throw error;
    return { missing: error.message };
  }
}

/** Ends all questions at the first failure or on abort. */
function endedBy(
  signal: AbortSignal | undefined,
  emit: Emit | undefined,
): { context: JudgeContext; end: (reason: unknown) => void } {
  const halt = new AbortController();
  const cancel = new AbortController();
  const stop = () => halt.abort(new RewardEditError('interrupted', 'stopped before all canaries were tried'));
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop, { once: true });
  const end = (reason: unknown) => {
    if (!halt.signal.aborted) cancel.abort(reason);
    halt.abort(reason);
  };
  return { context: { signal: halt.signal, cancel: cancel.signal, emit }, end };
}
