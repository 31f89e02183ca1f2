import { z } from 'zod';
import { PERSPECTIVES, type Perspective } from './perspectives.ts';

/** Scores go from 0 (worst) to this (best). */
export const HIGHEST_SCORE = 5;

/** The feedback of a perspective from which nothing failed. */
export const NOTHING_FAILED = 'Nothing failed.';

const perspectiveSchema = z.enum(PERSPECTIVES);

const judgeProvenanceSchema = z
  .object({ name: z.string(), version: z.string() })
  .catchall(z.union([z.string(), z.number(), z.boolean()]));

/** Who judged: name, version, and every setting that the answer depends on. */
export type JudgeProvenance = z.infer<typeof judgeProvenanceSchema>;

export const rewardSchema = z.object({
  scores: z.partialRecord(perspectiveSchema, z.number().min(0).max(HIGHEST_SCORE)),
  feedback: z.partialRecord(perspectiveSchema, z.string()),
  /** Standard deviation of the scores, where a judge was asked several times or there were several judges. */
  spread: z.partialRecord(perspectiveSchema, z.number().nonnegative()).exactOptional(),
  judge: judgeProvenanceSchema.exactOptional(),
});

/**
 * How good an edit is: a score for each perspective, 0 to 5, real numbers, and in words what failed. A perspective that
 * nobody judged is absent, never filled in.
 */
export type Reward = z.infer<typeof rewardSchema>;

function equalScores(score: number): Record<Perspective, number> {
  return { following: score, preserving: score, quality: score };
}

/** The reward to ask for: every score 5, and the feedback that judges give where nothing failed. */
export function highestReward(): Reward {
  const feedback = { following: NOTHING_FAILED, preserving: NOTHING_FAILED, quality: NOTHING_FAILED };
  return { scores: equalScores(HIGHEST_SCORE), feedback };
}

/** The reward to steer away from: every score 0, or another low one. */
export function lowestReward(score: 0 | 1 = 0): Reward {
  return { scores: equalScores(score), feedback: {} };
}
