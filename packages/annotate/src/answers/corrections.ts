import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PERSPECTIVES, readJsonLines, rewardSchema, type Perspective, type Reward } from '@rewardedit/core';
import { pick } from 'es-toolkit';
import { z } from 'zod';

/** Where people's own scores are kept, beside the journal of a judge's answers. */
export const CORRECTIONS_FILE = 'corrections.jsonl';

/**
 * One line of `corrections.jsonl`: the scores and texts that a person gave for some or all perspectives of a triplet, and
 * when. A later line for the same triplet takes the place of an earlier one; one without scores and texts withdraws it.
 */
export const correctionSchema = z.object({
  id: z.string().min(1),
  reward: rewardSchema,
  time: z.iso.datetime(),
});

export type Correction = z.infer<typeof correctionSchema>;

/** Who gave a reward that a person entered. */
export const HUMAN = { name: 'human', version: '1' } as const;

/** The corrections that belong to a journal of answers. */
export function correctionsPath(journal: string): string {
  return join(dirname(journal), CORRECTIONS_FILE);
}

/** The latest correction of each triplet, by its id; none where there is no such file. Throws 'bad-input' at a damaged line. */
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
 * A judge's reward with a person's scores and texts in place of the judge's. Where a person scored a perspective, the
 * judge's text on it goes as well, since it explains another score; `judge.corrected` names these perspectives.
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
