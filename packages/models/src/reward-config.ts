import { z } from 'zod';

const count = z.number().int().positive();

/**
 * How a U-Net takes rewards, kept as `reward` in its configuration. The defaults are the published design at SD 1.5's width; the
 * last five options make variants of it.
 */
export const rewardConfigSchema = z.strictObject({
  /** Width of the pooled text vector of a feedback. */
  text_width: count.default(768),
  /** Numbers in the sinusoid of one score. */
  score_width: count.default(256),
  /** Heads of the attention to the reward tokens. */
  attention_heads: count.default(8),
  norm_num_groups: count.default(32),
  /**
   * What scores are multiplied by before their sinusoids. The published 1 leaves most sinusoids nearly constant over 0 to 5, as
   * their frequencies are made for timesteps up to 1000; 10 spreads the scores better.
   */
  score_scale: z.number().positive().default(1),
  /** Starts the reward layers' last projections at zero, so that adding them to a trained U-Net changes nothing at first. */
  zero_initialized: z.boolean().default(false),
  /** Adds the input `reward_mask`, by which single samples of a batch are given no reward at all. */
  mask: z.boolean().default(false),
  /**
   * What pixels look at: one token of all scores and one of all feedback, read as one text (published); or a token for the score and one
   * for the feedback of each perspective, through layers of its own.
   */
  tokens: z.enum(['one-each', 'per-perspective']).default('one-each'),
  /**
   * Where a feature map is added after `conv_in` too (SmartEdit), what comes first. Nobody published the two together: behind the
   * map, the pixels that look at the rewards already carry it.
   */
  order: z.enum(['feature-map-first', 'rewards-first']).default('feature-map-first'),
});

export type RewardConfig = z.output<typeof rewardConfigSchema>;

/** Scores that a reward has: instruction following, detail preserving, generation quality. */
export const SCORES = 3;

/** Feedback texts that a sample is told of. */
export function feedbackCount({ tokens }: Pick<RewardConfig, 'tokens'>): number {
  return tokens === 'per-perspective' ? SCORES : 1;
}

/** Width of the feedback as the network takes it: the pooled vectors of all texts, one after the other. */
export function feedbackWidth(config: Pick<RewardConfig, 'tokens' | 'text_width'>): number {
  return feedbackCount(config) * config.text_width;
}

/**
 * What the shapes of weights tell of their reward layers, or undefined where there are none. Published checkpoints say it nowhere
 * else.
 */
export function rewardConfigOf(
  shapeOf: (name: string) => readonly number[] | undefined,
): RewardConfig | undefined {
  const score = shapeOf('add_embedding.linear_1.weight');
  const text = shapeOf('text_linear.weight');
  if (score?.length !== 2 || text?.length !== 2) return undefined;
  // Shapes that no configuration gives are left for the check of all weights to report.
  return rewardConfigSchema.safeParse({ score_width: score[1] / SCORES, text_width: text[1] }).data;
}
