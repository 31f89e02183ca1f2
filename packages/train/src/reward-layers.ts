import { RewardEditError } from '@rewardedit/core';
import { rewardConfigSchema, type RewardConfig } from '@rewardedit/models';
import type { TrainConfig } from './config.ts';

export const REWARD_LAYERS = ['own', 'published'] as const;
export const REWARD_TOKENS = ['one-each', 'per-perspective'] as const;
export const REWARD_STARTS = ['zero', 'drawn'] as const;

/** The settings of new reward layers, and their options. */
const SETTINGS = {
  rewardLayers: '--reward-layers',
  rewardTokens: '--reward-tokens',
  scoreScale: '--score-scale',
  rewardStart: '--reward-start',
} as const;

type RewardSettings = Pick<TrainConfig, keyof typeof SETTINGS>;

/** The network that gets reward layers. */
export interface RewardedNetwork {
  readonly textWidth: number;
  readonly groups: number;
  /** Of its first level. */
  readonly channels: number;
  /** Whether it has been trained without rewards. */
  readonly isTrained: boolean;
  readonly space: 'pixels' | 'latents';
}

/**
 * Returns the configuration of new reward layers. Ours have narrower sinusoids than the published ones and scaled scores; they start as the
 * identity for a network trained without rewards, and on latents have tokens per perspective. The published design (arXiv 2411.04713, its
 * code) has unscaled scores, one token of each kind, and a random start. Each of these can be set individually.
 */
export function rewardLayers(
  { rewardLayers: form = 'own', rewardTokens, scoreScale, rewardStart }: RewardSettings,
  { textWidth, groups, channels, isTrained, space }: RewardedNetwork,
): RewardConfig {
  const own = {
    norm_num_groups: groups,
    score_width: 32,
    score_scale: 10,
    tokens: space === 'latents' ? 'per-perspective' : 'one-each',
    zero_initialized: isTrained,
  };
  // The published code has 32 groups regardless of the U-Net.
  const published = channels % 32 === 0 ? {} : { norm_num_groups: groups };
  return rewardConfigSchema.parse({
    text_width: textWidth,
    ...{ own, published }[form],
    ...(rewardTokens !== undefined && { tokens: rewardTokens }),
    ...(scoreScale !== undefined && { score_scale: scoreScale }),
    ...(rewardStart !== undefined && { zero_initialized: rewardStart === 'zero' }),
  });
}

/** @throws RewardEditError 'usage' for settings of new reward layers if there are none to create. */
export function assertNoRewardSettings(settings: RewardSettings, why: string): void {
  const given = (Object.keys(SETTINGS) as (keyof RewardSettings)[]).find(
    (key) => settings[key] !== undefined,
  );
  if (given === undefined) return;
  throw new RewardEditError('usage', why, {
    where: SETTINGS[given],
    hint: 'leave it out: it is for new reward layers',
  });
}
