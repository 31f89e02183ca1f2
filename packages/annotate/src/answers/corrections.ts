import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PERSPECTIVES, readJsonLines, rewardSchema, type Perspective, type Reward } from '@rewardedit/core';
import { pick } from 'es-toolkit/object';
import { z } from 'zod';

/** People's own scores, beside the journal of a judge's answers. */
export const CORRECTIONS_FILE = 'corrections.jsonl';

/**
 * One line of `corrections.jsonl`: the scores and texts that a person gave for some or all perspectives of a triplet, and when. A later
 * line for the same triplet replaces an earlier one; a line without scores and texts withdraws it.
 */
export const correctionSchema = z.object({
  id: z.string().min(1),
  reward: rewardSchema,
  time: z.iso.datetime(),
});

export type Correction = z.infer<typeof correctionSchema>;

/** The judge of a reward that a person entered. */
export const HUMAN = { name: 'human', version: '1' } as const;

/** Returns the path of the corrections that belong to a journal of answers. */
export function correctionsPath(journal: string): string {
  return join(dirname(journal), CORRECTIONS_FILE);
}

/** Reads the latest correction of each triplet, by its id; none if there is no file. Throws `bad-input` if a line is damaged. */
export async function readCorrections(path: string): Promise<Map<string, Correction>> {
  const corrections = new Map<string, Correction>();
  if (!existsSync(path)) return corrections;
  for await (const { value } of readJsonLines(path, { schema: correctionSchema, tornLastLine: 'ignore' })) {
    const { scores, feedback } = value.reward;
    const withdrawn = Object.keys(scores).length + Object.keys(feedback).length === 0;
    if (withdrawn) corrections.delete(value.id);
    else corrections.set(value.id, value);
  }
  return corrections;
}

/**
 * Replaces a judge's scores and texts by a person's. For a perspective that a person scored, the judge's text is dropped as well, because
 * it explains another score. `judge.corrected` names these perspectives.
 */
export function correctReward(reward: Reward | undefined, correction: Reward): Reward {
  if (reward === undefined) return correction;
  const isCorrected = (name: Perspective) =>
    correction.scores[name] !== undefined || correction.feedback[name] !== undefined;
  const kept = PERSPECTIVES.filter((name) => !isCorrected(name));
  const { spread } = reward;
  return {
    scores: { ...reward.scores, ...correction.scores },
    feedback: { ...pick(reward.feedback, kept), ...correction.feedback },
    ...(spread !== undefined && { spread: pick(spread, kept) }),
    judge: { ...(reward.judge ?? HUMAN), corrected: PERSPECTIVES.filter(isCorrected).join(' ') },
  };
}
