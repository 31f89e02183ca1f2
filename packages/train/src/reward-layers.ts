import { RewardEditError } from '@rewardedit/core';
import { rewardConfigSchema, type RewardConfig } from '@rewardedit/models';
import type { TrainConfig } from './config.ts';

export const REWARD_LAYERS = ['own', 'published'] as const;
export const REWARD_TOKENS = ['one-each', 'per-perspective'] as const;
export const REWARD_STARTS = ['zero', 'drawn'] as const;

/** The settings of a training that say how new reward layers are built, and the options that set them. */
const SETTINGS = {
  rewardLayers: '--reward-layers',
  rewardTokens: '--reward-tokens',
  scoreScale: '--score-scale',
  rewardStart: '--reward-start',
} as const;

type RewardSettings = Pick<TrainConfig, keyof typeof SETTINGS>;

/** What the network is like that new reward layers are for. */
export interface RewardedNetwork {
  readonly textWidth: number;
  readonly groups: number;
  /** Of its first level. */
  readonly channels: number;
  /** Whether it is trained already, without rewards. */
  readonly isTrained: boolean;
  readonly space: 'pixels' | 'latents';
}

/**
 * New reward layers. Ours have narrower sinusoids than the published ones, over which scores are spread, and for a network that has
 * learned without rewards start as "no change"; on latents, a token for each perspective. The published form (arXiv 2411.04713, its
 * code) takes scores as they are, one token of each kind, and starts drawn. Each of these may be set by itself.
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
  // The published code has 32 groups whatever the U-Net has.
  const published = channels % 32 === 0 ? {} : { norm_num_groups: groups };
  return rewardConfigSchema.parse({
    text_width: textWidth,
    ...{ own, published }[form],
    ...(rewardTokens !== undefined && { tokens: rewardTokens }),
    ...(scoreScale !== undefined && { score_scale: scoreScale }),
    ...(rewardStart !== undefined && { zero_initialized: rewardStart === 'zero' }),
  });
}

/** @throws RewardEditError 'usage' where settings are given for reward layers that a model has already, or is not to have. */
export function assertNoRewardSettings(settings: RewardSettings, why: string): void {
  const given = (Object.keys(SETTINGS) as (keyof RewardSettings)[]).find(
    (key) => settings[key] !== undefined,
  );
  if (given === undefined) return;
  throw new RewardEditError('usage', why, {
    where: SETTINGS[given],
    hint: 'leave it out: it says how new reward layers are built',
  });
}
