import type { Reward } from '@rewardedit/core';
import { asked, type Condition, type Experiment } from './experiment.ts';

/** Scenes and photos, varying one score at a time. */
export const instructPix2PixExperiment: Experiment = {
  folder: 'rewardedit-demo',
  sizes: {
    /** Under twelve minutes on two cores. */
    full: { scenes: 5000, photos: 1500, heldOutScenes: 105, heldOutPhotos: 42, steps: 1500 },
    /** Under two minutes: enough to see what rewards do, not how well. */
    quick: { scenes: 2000, photos: 300, heldOutScenes: 35, heldOutPhotos: 14, steps: 250 },
  },
  reasoning: false,
  models: [
    { name: 'control', phase: 'Training without rewards', settings: ({ steps }) => ({ stage: 1, steps }) },
    { name: 'rewards', phase: 'Training with rewards', settings: ({ steps }) => ({ stage: 2, steps }) },
  ],
  conditions: [
    { name: 'stage-1', label: 'stage 1 (the starter model, 32 pixels)', rewardScale: 0 },
    { name: 'control', label: 'control: stage 2 without rewards', model: 'control', rewardScale: 0 },
    rewards('rewards-5-5-5', 'rewards, asked for 5,5,5', asked(5, 5, 5)),
    rewards('rewards-1-1-1', 'rewards, asked for 1,1,1', asked(1, 1, 1)),
    rewards('following-1', 'rewards, asked for 1,5,5', asked(1, 5, 5)),
    rewards('preserving-1', 'rewards, asked for 5,1,5', asked(5, 1, 5)),
    rewards('quality-1', 'rewards, asked for 5,5,1', asked(5, 5, 1)),
    rewards('rewards-guided', 'rewards, 5,5,5, guided (0.5)', asked(5, 5, 5), 0.5),
  ],
  comparisons: [{ base: 'control', others: ['stage-1', 'rewards-5-5-5', 'rewards-1-1-1', 'rewards-guided'] }],
  shown: [
    { title: 'score (0 to 5)', column: 'overall', of: () => true },
    { title: 'edits right', column: 'right', of: () => true },
    { title: 'dB, scenes', column: 'truth.psnr', of: ({ id }) => id.startsWith('scene-') },
    { title: 'dB, photos', column: 'truth.psnr', of: ({ id }) => id.startsWith('photo-') },
    { title: 'dB, what is to stay', column: 'outside.psnr', of: () => true },
  ],
  measuredOn: 'unseen scenes and photos',
};

function rewards(name: string, label: string, reward: Reward, rewardScale = 0): Condition {
  return { name, label, model: 'rewards', reward, rewardScale };
}
