import { z } from 'zod';
import { PERSPECTIVES, type Perspective } from './perspectives.ts';

/** The highest score; the lowest is 0. */
export const HIGHEST_SCORE = 5;

/** The feedback of a perspective without failures. */
export const NOTHING_FAILED = 'Nothing failed.';

const perspectiveSchema = z.enum(PERSPECTIVES);

const judgeProvenanceSchema = z
  .object({ name: z.string(), version: z.string() })
  .catchall(z.union([z.string(), z.number(), z.boolean()]));

/** The judge: name, version, and every setting that its scores depend on. */
export type JudgeProvenance = z.infer<typeof judgeProvenanceSchema>;

export const rewardSchema = z.object({
  scores: z.partialRecord(perspectiveSchema, z.number().min(0).max(HIGHEST_SCORE)),
  feedback: z.partialRecord(perspectiveSchema, z.string()),
  /** Standard deviation of the scores over several passes or judges. */
  spread: z.partialRecord(perspectiveSchema, z.number().nonnegative()).exactOptional(),
  judge: judgeProvenanceSchema.exactOptional(),
});

/**
 * The reward of an edit: a score from 0 to 5 and feedback on failures for each perspective. A perspective without a score is absent; it is never
 * filled in.
 */
export type Reward = z.infer<typeof rewardSchema>;

function equalScores(score: number): Record<Perspective, number> {
  return { following: score, preserving: score, quality: score };
}

/** Returns the reward to request: scores of 5, and the feedback of judges for edits without failures. */
export function highestReward(): Reward {
  const feedback = { following: NOTHING_FAILED, preserving: NOTHING_FAILED, quality: NOTHING_FAILED };
  return { scores: equalScores(HIGHEST_SCORE), feedback };
}

/** Returns the reward to guide away from: scores of 0, or another low score. */
export function lowestReward(score: 0 | 1 = 0): Reward {
  return { scores: equalScores(score), feedback: {} };
}
