import type { OpenedModel } from '@rewardedit/models';
import type { TrainConfig } from './config.ts';
import { LEVELS, type PresetName } from './presets.ts';

/** Default settings for all models. */
export const COMMON_DEFAULTS = {
  stage: 2,
  seed: 0,
  precision: 'f32',
  train: ['all'],
  loraRank: 8,
  loraConvolutions: false,
  epsilon: 1e-8,
  weightDecay: 0.01,
  maxGradientNorm: 1,
  onNonFinite: 'stop',
  rewardDropout: 0,
  flips: true,
  checkpointEvery: 500,
  checkpointsKept: 2,
  sampleEvery: 500,
  sampleCount: 8,
} as const satisfies Partial<TrainConfig>;

export type ModelDefaults = Omit<TrainConfig, keyof typeof COMMON_DEFAULTS | 'preset' | 'init' | 'loraAlpha'>;

const SCENES: ModelDefaults = {
  size: 32,
  steps: 2000,
  batchSize: 32,
  accumulation: 1,
  recompute: false,
  learningRate: 1.5e-3,
  schedule: 'cosine',
  warmupSteps: 50,
  betas: [0.9, 0.99],
  emaDecay: 0.99,
  changeWeight: 0.7,
  conditioningDropout: 0,
  feedbackDropout: 0.2,
};

/** Default settings by kind of model. */
export const MODEL_DEFAULTS: Readonly<Record<PresetName | 'published', ModelDefaults>> = {
  scenes: SCENES,
  photos: { ...SCENES, size: 64, steps: 4800, batchSize: 16, changeWeight: 0.5 },
  /** A small model on the latents of an autoencoder. */
  latents: {
    ...SCENES,
    size: 256,
    steps: 3000,
    batchSize: 16,
    learningRate: 1e-3,
    emaDecay: 0.995,
    changeWeight: 0,
  },
  /** Published models on latents, such as Stable Diffusion 1.5: the published recipe (its README and `train_sd15.py`). */
  published: {
    size: 256,
    steps: 10_000,
    batchSize: 4,
    accumulation: 4,
    recompute: true,
    learningRate: 5e-5,
    schedule: 'constant',
    warmupSteps: 0,
    betas: [0.9, 0.999],
    emaDecay: 0.9999,
    changeWeight: 0,
    conditioningDropout: 0.05,
    feedbackDropout: 0,
  },
};

/** Returns all default settings for a kind of model. */
export function defaultsFor(
  kind: keyof typeof MODEL_DEFAULTS,
): Omit<TrainConfig, 'preset' | 'init' | 'loraAlpha'> {
  return { ...COMMON_DEFAULTS, train: [...COMMON_DEFAULTS.train], ...MODEL_DEFAULTS[kind] };
}

/** Returns the kind of an opened model, for its defaults. */
export function kindOf({ images, unet }: Pick<OpenedModel, 'images' | 'unet'>): keyof typeof MODEL_DEFAULTS {
  const isPreset = (name: PresetName) => LEVELS[name].join() === unet.block_out_channels.join();
  if (!('pixelSpace' in images)) return isPreset('latents') ? 'latents' : 'published';
  return (['photos', 'scenes'] as const).find(isPreset) ?? 'scenes';
}
