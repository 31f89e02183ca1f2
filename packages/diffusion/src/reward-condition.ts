import { PERSPECTIVES, type Reward } from '@rewardedit/core';
import { rewardSinusoids, rewardSinusoidWidth, type RewardConfig, type UNetConfig } from '@rewardedit/models';

/** The feedback of a reward as one text, perspectives in their order; empty where nobody gave any. */
export function feedbackText({ feedback }: Reward): string {
  return PERSPECTIVES.flatMap((perspective) => feedback[perspective] ?? []).join('; ');
}

/**
 * What a network is told of the feedback of a reward: one text, or one for each perspective; empty ones where there is none.
 *
 * @param reward undefined where the network is told nothing.
 */
export function feedbackTexts(
  { tokens }: Pick<RewardConfig, 'tokens'>,
  reward: Reward | undefined,
): string[] {
  if (tokens === 'one-each') return [reward ? feedbackText(reward) : ''];
  return PERSPECTIVES.map((perspective) => reward?.feedback[perspective] ?? '');
}

/**
 * The scores of some rewards as the network takes them, [rewards, 3 score_width] flat. A missing score, or a missing reward, is
 * a vector of zeros, which no score can give: cosine and sine of one phase are never both zero.
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
