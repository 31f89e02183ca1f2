import { HIGHEST_SCORE, PERSPECTIVES } from '@rewardedit/core';
import { z } from 'zod';

const score = z.number().min(0).max(HIGHEST_SCORE);
const scoresByName = z.partialRecord(z.enum(PERSPECTIVES), score);

/** A line of a jobs file. */
export const jobLineSchema = z.strictObject({
  picture: z.string().min(1),
  instruction: z.string().optional(),
  id: z.string().min(1).optional(),
  seed: z.int().nonnegative().optional(),
  /** In the syntax of `--scores`, as a list in its order, or by name. */
  scores: z.union([z.string(), z.tuple([score, score, score]), scoresByName]).optional(),
  feedback: z.partialRecord(z.enum(PERSPECTIVES), z.string()).optional(),
  out: z
    .string()
    .regex(/\.(?:png|jpe?g|webp)$/i, 'must end in .png, .jpg or .webp')
    .optional(),
});

type Scores = NonNullable<z.infer<typeof jobLineSchema>['scores']>;

/** Converts scores to the syntax of `--scores`. */
export function scoresText(scores: Scores): string {
  if (typeof scores === 'string') return scores;
  if (Array.isArray(scores)) return scores.join(',');
  const byName = scores as Readonly<Partial<Record<string, number>>>;
  return PERSPECTIVES.map((name) => byName[name] ?? '-').join(',');
}
