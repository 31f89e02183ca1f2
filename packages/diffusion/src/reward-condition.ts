import { PERSPECTIVES, type Reward } from '@rewardedit/core';
import { rewardSinusoids, rewardSinusoidWidth, type RewardConfig, type UNetConfig } from '@rewardedit/models';

/** Returns the feedback of a reward as one text, in the order of the perspectives; empty if there is none. */
export function feedbackText({ feedback }: Reward): string {
  return PERSPECTIVES.flatMap((perspective) => feedback[perspective] ?? []).join('; ');
}

/**
 * Returns the feedback texts that condition the network: one text, or one per perspective. Missing ones are empty.
 *
 * @param reward undefined for a sample without a reward.
 */
export function feedbackTexts(
  { tokens }: Pick<RewardConfig, 'tokens'>,
  reward: Reward | undefined,
): string[] {
  if (tokens === 'one-each') return [reward ? feedbackText(reward) : ''];
  return PERSPECTIVES.map((perspective) => reward?.feedback[perspective] ?? '');
}

/**
 * Returns the scores of some rewards as sinusoids, [rewards, 3 score_width] flat. A missing score or reward is a zero vector, which no
 * score produces, since sine and cosine of a phase are never both zero.
 */
export function scoreCondition(
  unet: UNetConfig,
  config: RewardConfig,
  rewards: readonly (Reward | undefined)[],
): Float32Array {
  const scores = rewards.flatMap((reward) => PERSPECTIVES.map((perspective) => reward?.scores[perspective]));
  const values = rewardSinusoids(
    config,
    scores.map((score) => score ?? 0),
    unet,
  );
  const width = rewardSinusoidWidth(config) / PERSPECTIVES.length;
  scores.forEach((score, i) => {
    if (score === undefined) values.fill(0, i * width, (i + 1) * width);
  });
  return values;
}
