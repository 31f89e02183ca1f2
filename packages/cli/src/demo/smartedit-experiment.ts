import { asked, type Experiment, type TrainedDemoModel } from './experiment.ts';

/** The other pipeline, and its steps per step of SmartEdit at equal time. */
const OTHER = 'instruct-pix2pix';
const STEPS_AT_EQUAL_TIME = 1.6;
/** Maximum steps of the alignment, which converges by then. One takes about a fifth of the time of a step that trains on edits. */
const ALIGNMENT_STEPS = 375;
/** Settings for training on edits: smaller batches, and so more steps in the same time. */
const LEARNING = { batchSize: 16, changeWeight: 0.3 };

const trained = (
  name: string,
  phase: string,
  stage: 1 | 2,
  { from, times = 1 }: { from?: string; times?: number } = {},
): TrainedDemoModel => ({
  name,
  phase,
  ...(from !== undefined && { from }),
  settings: ({ steps }) => ({ stage, steps: Math.round(times * steps), ...LEARNING }),
});

/**
 * SmartEdit without and with rewards, and InstructPix2Pix at equal training time, all from the same U-Net, on scenes whose instructions
 * only make sense with the picture.
 */
export const smartEditExperiment: Experiment = {
  folder: 'rewardedit-demo-smartedit',
  sizes: {
    full: { scenes: 5000, photos: 0, heldOutScenes: 200, heldOutPhotos: 0, steps: 400 },
    quick: { scenes: 400, photos: 0, heldOutScenes: 24, heldOutPhotos: 0, steps: 20 },
  },
  reasoning: true,
  models: [
    {
      name: 'aligned',
      phase: 'Aligning the queries with the text encoder',
      settings: ({ steps }) => ({
        ...{ stage: 1, pipeline: 'smartedit', objective: 'alignment', sampleCount: 0 },
        ...{ steps: Math.min(ALIGNMENT_STEPS, steps), learningRate: 3e-3 },
      }),
    },
    trained('control', 'Training SmartEdit without rewards', 1, { from: 'aligned' }),
    trained('rewards', 'Training SmartEdit with rewards', 2, { from: 'aligned' }),
    trained(`${OTHER}-control`, 'Training InstructPix2Pix without rewards', 1, {
      times: STEPS_AT_EQUAL_TIME,
    }),
    trained(`${OTHER}-rewards`, 'Training InstructPix2Pix with rewards', 2, { times: STEPS_AT_EQUAL_TIME }),
  ],
  conditions: [
    { name: 'starter', label: 'InstructPix2Pix (the starter model)', rewardScale: 0 },
    {
      ...{ name: `${OTHER}-control`, model: `${OTHER}-control` },
      ...{ label: 'InstructPix2Pix, without rewards', rewardScale: 0 },
    },
    {
      ...{ name: `${OTHER}-rewards-5-5-5`, model: `${OTHER}-rewards` },
      ...{ label: 'InstructPix2Pix, asked for 5,5,5', reward: asked(5, 5, 5), rewardScale: 0 },
    },
    { name: 'control', label: 'SmartEdit, without rewards', model: 'control', rewardScale: 0 },
    {
      ...{ name: 'rewards-5-5-5', model: 'rewards' },
      ...{ label: 'SmartEdit, asked for 5,5,5', reward: asked(5, 5, 5), rewardScale: 0 },
    },
    {
      ...{ name: 'rewards-1-1-1', model: 'rewards' },
      ...{ label: 'SmartEdit, asked for 1,1,1', reward: asked(1, 1, 1), rewardScale: 0 },
    },
  ],
  comparisons: [
    { base: 'control', others: ['rewards-5-5-5', 'rewards-1-1-1'] },
    { base: `${OTHER}-control`, others: [`${OTHER}-rewards-5-5-5`, 'control'] },
    { base: `${OTHER}-rewards-5-5-5`, others: ['rewards-5-5-5'] },
  ],
  shown: [
    { title: 'score (0 to 5)', column: 'overall', of: () => true },
    { title: 'edits right', column: 'right', of: () => true },
    ...['relation', 'exclusion', 'counting', 'steps'].map((skill) => ({
      ...{ title: `right, ${skill}`, column: 'right' },
      of: ({ id }: { readonly id: string }) => id.startsWith(`reasoning-${skill}-`),
    })),
    { title: 'dB', column: 'truth.psnr', of: () => true },
    { title: 'dB, what is to stay', column: 'outside.psnr', of: () => true },
  ],
  measuredOn: 'unseen scenes with unseen wordings',
};
