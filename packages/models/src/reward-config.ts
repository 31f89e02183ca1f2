import { z } from 'zod';

const count = z.number().int().positive();

/**
 * How a U-Net is conditioned on rewards, `reward` in its configuration. The defaults are the published design at SD 1.5's width; the last
 * five options define variants of it.
 */
export const rewardConfigSchema = z.strictObject({
  /** Width of the pooled vector of a feedback text. */
  text_width: count.default(768),
  /** Width of the sinusoids of one score. */
  score_width: count.default(256),
  /** Heads of the cross-attention to the reward tokens. */
  attention_heads: count.default(8),
  norm_num_groups: count.default(32),
  /**
   * Scales scores before their sinusoids. With the published 1, most sinusoids are nearly constant over 0 to 5, as their frequencies are
   * designed for timesteps up to 1000; 10 separates scores better.
   */
  score_scale: z.number().positive().default(1),
  /** Initializes the last projections of the reward layers to zero, so that adding them to a trained U-Net changes nothing at first. */
  zero_initialized: z.boolean().default(false),
  /** Adds the input `reward_mask`, which removes the reward of single samples in a batch. */
  mask: z.boolean().default(false),
  /**
   * The tokens of the cross-attention: one for all scores and one for all feedback as a single text (published); or one for the score and one
   * for the feedback of each perspective, with separate layers.
   */
  tokens: z.enum(['one-each', 'per-perspective']).default('one-each'),
  /**
   * The order of reward layers and a feature map after `conv_in` (SmartEdit). There is no published combination; with the map first, the
   * queries of the cross-attention to the rewards already contain it.
   */
  order: z.enum(['feature-map-first', 'rewards-first']).default('feature-map-first'),
});

export type RewardConfig = z.output<typeof rewardConfigSchema>;

/** Number of scores in a reward: instruction following, detail preserving, generation quality. */
export const SCORES = 3;

/** Returns the number of feedback texts per sample. */
export function feedbackCount({ tokens }: Pick<RewardConfig, 'tokens'>): number {
  return tokens === 'per-perspective' ? SCORES : 1;
}

/** Returns the width of the network's feedback input: the pooled vectors of all texts, concatenated. */
export function feedbackWidth(config: Pick<RewardConfig, 'tokens' | 'text_width'>): number {
  return feedbackCount(config) * config.text_width;
}

/** Infers the reward layers from the shapes of weights, since published configurations do not mention them; undefined if there are none. */
export function rewardConfigOf(
  shapeOf: (name: string) => readonly number[] | undefined,
): RewardConfig | undefined {
  const score = shapeOf('add_embedding.linear_1.weight');
  const text = shapeOf('text_linear.weight');
  if (score?.length !== 2 || text?.length !== 2) return undefined;
  // Shapes that fit no configuration are reported when all weights are checked.
  return rewardConfigSchema.safeParse({ score_width: score[1] / SCORES, text_width: text[1] }).data;
}
