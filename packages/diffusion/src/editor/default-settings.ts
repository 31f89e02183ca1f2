import { highestReward } from '@rewardedit/core';
import type { EditModelConfig } from '../edit-model.ts';
import type { EditSettings } from './editor.ts';

type Defaults = Omit<EditSettings, 'seed' | 'reward' | 'sampler'>;

/** For our own small models: few steps, no classifier-free guidance by text or picture, weak guidance by reward. */
const OWN: Defaults = { steps: 10, textScale: 1, imageScale: 1, rewardScale: 0.5 };
/** For InstructPix2Pix and its derivatives (arXiv 2211.09800): the values of its code and of diffusers' pipeline. */
const INSTRUCT_PIX2PIX: Defaults = { steps: 50, textScale: 7.5, imageScale: 1.5, rewardScale: 0 };

/**
 * Returns the default settings of a model: the highest scores, and steps and guidance that suit its kind. Models on latents use the
 * sampler equivalent to their own scheduler, if there is one.
 */
export function defaultEditSettings(
  model: Pick<EditModelConfig, 'space' | 'scheduler' | 'sampler'>,
): EditSettings {
  const isOwn = model.space.kind === 'pixels' || model.scheduler.residual;
  return {
    seed: 0,
    reward: highestReward(),
    ...(isOwn
      ? { ...OWN, sampler: 'ddim' as const }
      : { ...INSTRUCT_PIX2PIX, sampler: model.sampler ?? 'ddim' }),
  };
}
