import { Errors, Flags } from '@oclif/core';
import type { LearningRateSchedule } from '@rewardedit/graph';
import { numberFlag, seedFlag, withVariables } from './flags.ts';

const SCHEDULES = [
  'constant',
  'constant_with_warmup',
  'linear',
  'cosine',
  'cosine_with_restarts',
  'polynomial',
] as const satisfies readonly LearningRateSchedule[];

const MODEL = 'model';
const OPTIMIZER = 'optimizer';
const CONDITION = 'condition';
const OUTPUT = 'output';

const share = { min: 0, max: 1 };
const count = { min: 1 };

/** Two numbers with a comma between them. */
const pairFlag = Flags.custom<[number, number]>({
  parse: async (input) => {
    const [first, second, ...more] = input
      .split(',')
      .map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
    if (more.length === 0 && Number.isFinite(first) && Number.isFinite(second)) return [first, second];
    throw new Errors.CLIError(`Expected two numbers such as 0.9,0.99 but received: ${input}`);
  },
});

/**
 * The options that decide what a training computes. Each is called as in the training's config, in lower case with hyphens,
 * and has the same default, which a test checks.
 */
export const trainFlags = withVariables('train', {
  stage: Flags.option({
    summary: '1 learns to edit from the triplets alone; 2 is told how good each triplet is.',
    options: ['1', '2'] as const,
    default: '2' as const,
  })(),
  steps: Flags.integer({ summary: 'Steps in all.', default: 2000, ...count }),
  'batch-size': Flags.integer({ summary: 'Triplets a step.', aliases: ['batch'], default: 32, ...count }),
  size: Flags.integer({ summary: 'Pixels a side that pictures are resized to.', default: 32, ...count }),
  seed: seedFlag(),
  flips: Flags.boolean({
    summary: 'Mirror pictures at random where the instruction allows it; on unless told.',
    default: true,
    allowNo: true,
  }),

  preset: Flags.option({
    summary: 'Architecture of a new model: for scenes of 32, or photos of 64 pixels a side.',
    helpGroup: MODEL,
    options: ['scenes', 'photos'] as const,
    default: 'scenes' as const,
  })(),
  init: Flags.string({
    summary: 'Model folder to start from instead, such as that of a stage 1.',
    helpGroup: MODEL,
    helpValue: 'FOLDER',
  }),
  recompute: Flags.boolean({
    summary: 'Compute parts twice instead of keeping them: less memory, more time.',
    helpGroup: MODEL,
    default: false,
    allowNo: true,
  }),

  'learning-rate': numberFlag({
    summary: 'Learning rate after the warm-up.',
    helpGroup: OPTIMIZER,
    aliases: ['lr'],
    default: 1.5e-3,
    min: 0,
  }),
  schedule: Flags.option({
    summary: 'How the learning rate goes on.',
    helpGroup: OPTIMIZER,
    options: SCHEDULES,
    default: 'cosine' as const,
  })(),
  'warmup-steps': Flags.integer({
    summary: 'Steps over which the learning rate rises.',
    helpGroup: OPTIMIZER,
    default: 50,
    min: 0,
  }),
  accumulation: Flags.integer({
    summary: 'Batches whose gradients make one step.',
    helpGroup: OPTIMIZER,
    default: 1,
    ...count,
  }),
  betas: pairFlag({
    summary: "Decays of AdamW's two moments.",
    helpGroup: OPTIMIZER,
    helpValue: 'B1,B2',
    default: [0.9, 0.99],
  }),
  epsilon: numberFlag({ summary: "AdamW's epsilon.", helpGroup: OPTIMIZER, default: 1e-8, min: 0 }),
  'weight-decay': numberFlag({ summary: "AdamW's decay.", helpGroup: OPTIMIZER, default: 0.01, min: 0 }),
  'max-gradient-norm': numberFlag({
    summary: 'Longer gradients are cut to this length.',
    helpGroup: OPTIMIZER,
    default: 1,
    min: 0,
  }),
  'ema-decay': numberFlag({
    summary: 'Decay of the moving average of the weights, which is the model that is saved.',
    helpGroup: OPTIMIZER,
    default: 0.99,
    ...share,
  }),
  'change-weight': numberFlag({
    summary: 'What an edit changes counts this much beside the whole picture.',
    helpGroup: OPTIMIZER,
    default: 0.7,
    min: 0,
  }),

  'conditioning-dropout': numberFlag({
    summary: 'Share of samples without text, without picture, and without both: one for each, up to 1/3.',
    helpGroup: CONDITION,
    default: 0,
    min: 0,
    max: 1 / 3,
  }),
  'reward-dropout': numberFlag({
    summary: 'Share of samples without any reward.',
    helpGroup: CONDITION,
    default: 0,
    ...share,
  }),
  'feedback-dropout': numberFlag({
    summary: 'Share of samples with scores but no feedback text.',
    helpGroup: CONDITION,
    default: 0.2,
    ...share,
  }),

  'checkpoint-every': Flags.integer({
    summary: 'Steps from checkpoint to checkpoint.',
    helpGroup: OUTPUT,
    default: 500,
    ...count,
  }),
  'checkpoints-kept': Flags.integer({
    summary: 'Checkpoints to keep.',
    helpGroup: OUTPUT,
    default: 2,
    ...count,
  }),
  'sample-every': Flags.integer({
    summary: 'Steps from one sample picture to the next.',
    helpGroup: OUTPUT,
    default: 500,
    ...count,
  }),
  'sample-count': Flags.integer({
    summary: 'Triplets in a sample picture; 0 for none.',
    helpGroup: OUTPUT,
    default: 8,
    min: 0,
  }),
});
