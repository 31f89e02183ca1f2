import { existsSync } from 'node:fs';
import { RewardEditError, mapAhead, type Triplet } from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import { judgeOf, readAnswers } from './answers.ts';
import { hashInputs, inputsKey } from './inputs.ts';
import type { ComparedTriplet, Judge } from '../judges/judge.ts';

/** The answers that a journal already contains. */
export type EarlierAnswers = {
  /** The ids with an answer, each with a key of what the answer is about; undefined in answers of older versions. */
  readonly answered: ReadonlyMap<string, string | undefined>;
  /** The ids that were set aside and are to be asked about again. */
  readonly again: ReadonlySet<string>;
  /** Those of them that were set aside while the judge had no usable reply to any triplet. */
  readonly suspects: ReadonlySet<string>;
};

/** What users of a command can do about answers that do not fit. Commands differ in their options. */
export type JournalAdvice = {
  /** About answers of another judge. */
  readonly otherJudge: string;
  /** About changed triplets, which are asked about again: how to keep their answers, if that is possible. */
  readonly changed?: string;
};

/** The advice for users of `annotate`. */
export const ANNOTATE_ADVICE: JournalAdvice = {
  otherJudge:
    'name another file for this judge with --rewards; or use --adopt to keep these answers and judge only the rest',
  changed: '--keep-changed keeps their answers',
};

export type EarlierOptions = {
  /** Treats triplets that were set aside as unanswered. */
  readonly retry?: boolean | undefined;
  /** Counts rewards of other and unknown judges instead of refusing them. */
  readonly adopt?: boolean | undefined;
  /** The advice about answers of others; that of `annotate` by default. */
  readonly advice?: JournalAdvice | undefined;
};

/**
 * Reads which triplets a journal has answers for. Throws `bad-input` if an answer is of another judge, another version or an unknown judge
 * and was not adopted, or if the journal is damaged.
 *
 * A triplet that was set aside by an unnamed judge, as older versions wrote it, counts as set aside by this judge if the journal has other
 * answers of it, and as open otherwise.
 */
export async function readEarlierAnswers(
  path: string,
  { name, version }: Pick<Judge, 'name' | 'version'>,
  { retry = false, adopt = false, advice = ANNOTATE_ADVICE }: EarlierOptions = {},
): Promise<EarlierAnswers> {
  const answered = new Map<string, string | undefined>();
  const again = new Set<string>();
  const suspects = new Set<string>();
  if (!existsSync(path)) return { answered, again, suspects };
  const unsigned: string[] = [];
  let own = 0;
  for await (const answer of readAnswers(path)) {
    const { id, missing, inputs } = answer;
    const judge = judgeOf(answer);
    if (judge === undefined && !('reward' in answer)) {
      unsigned.push(id);
      continue;
    }
    const isOwn = judge?.name === name && judge.version === version;
    if (isOwn) own += 1;
    // Not an answer, only a note that the triplet is open: whatever ended that run may have been fixed by changing the judge's version.
    else if ('askAgain' in answer) continue;
    else if (adopt && !('reward' in answer)) continue;
    else if (!adopt && answer.adopted !== true) throw foreign(path, id, judge, { name, version }, advice);
    const isSuspect = 'askAgain' in answer;
    if (isSuspect) suspects.add(id);
    if (isSuspect || (retry && missing !== undefined)) again.add(id);
    else answered.set(id, inputs && inputsKey(inputs));
  }
  for (const id of own > 0 ? unsigned : []) {
    if (retry) again.add(id);
    else answered.set(id, undefined);
  }
  return { answered, again, suspects };
}

type Named = Pick<Judge, 'name' | 'version'>;

function foreign(
  path: string,
  id: string,
  theirs: Named | undefined,
  ours: Named,
  { otherJudge }: JournalAdvice,
): RewardEditError {
  const wanted = `${ours.name} ${ours.version}`;
  const message =
    theirs === undefined
      ? `the answer for the triplet ${id} does not name its judge, so it is not one of ${wanted}`
      : `these answers are those of the judge ${theirs.name} ${theirs.version}, not ${wanted}`;
  const hint =
    theirs?.name === ours.name
      ? `the version changes with the settings and the program: go back to the earlier ones, or ${otherJudge}`
      : otherJudge;
  return new RewardEditError('bad-input', message, { where: path, hint });
}

/** Triplets whose files are read at once. */
const AHEAD = 8;

/**
 * Drops the earlier answers about something else than the dataset now has under the same id: another instruction, or another picture. Reads
 * all pictures of answered triplets. An unreadable picture changes nothing, and an answer that does not say what it is about is taken to be
 * about what is there.
 */
export async function withoutChanged(
  { answered, ...earlier }: EarlierAnswers,
  dataset: Pick<Dataset, 'triplets' | 'resolve'>,
  judge: Pick<Judge, 'needsTruth'>,
  signal?: AbortSignal,
): Promise<EarlierAnswers & { readonly changed: number }> {
  const unchanged = new Map(answered);
  const look = async (triplet: Triplet) => {
    const now = await hashInputs(dataset, triplet, judge);
    const { original, edited, other }: ComparedTriplet = triplet;
    const isWhole = Object.entries({ original, edited, other }).every(
      ([role, name]) => name === undefined || now[role as 'original' | 'edited' | 'other'] !== undefined,
    );
    return { id: triplet.id, isChanged: isWhole && inputsKey(now) !== answered.get(triplet.id) };
  };
  const looked = mapAhead(noted(dataset, answered), look, AHEAD);
  for await (const { id, isChanged } of looked) {
    if (signal?.aborted === true) break;
    if (isChanged) unchanged.delete(id);
  }
  return { ...earlier, answered: unchanged, changed: answered.size - unchanged.size };
}

async function* noted(
  dataset: Pick<Dataset, 'triplets'>,
  answered: EarlierAnswers['answered'],
): AsyncGenerator<Triplet> {
  if (answered.size === 0) return;
  for await (const triplet of dataset.triplets()) if (answered.get(triplet.id) !== undefined) yield triplet;
}
