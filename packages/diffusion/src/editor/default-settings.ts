import { highestReward } from '@rewardedit/core';
import type { EditModelConfig } from '../edit-model.ts';
import type { EditSettings } from './editor.ts';

type Defaults = Omit<EditSettings, 'seed' | 'reward' | 'sampler'>;

/** For our own small models: few steps, no guidance by text or picture, a little by reward. */
const OWN: Defaults = { steps: 10, textScale: 1, imageScale: 1, rewardScale: 0.5 };
/** For InstructPix2Pix and its kin (arXiv 2211.09800; the values of its code and of diffusers' pipeline). */
const INSTRUCT_PIX2PIX: Defaults = { steps: 50, textScale: 7.5, imageScale: 1.5, rewardScale: 0 };

/**
 * How a model is drawn with where nothing else is said: the highest scores, and what suits its kind. Models on latents go by
 * their own scheduler, where there is a sampler that equals it.
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
