import { Errors, Flags } from '@oclif/core';
import type { LearningRateSchedule } from '@rewardedit/graph';
import { numberFlag, withVariables } from './flags.ts';
import { architectureFlag } from './weights-flags.ts';

const SCHEDULES = [
  'constant',
  'constant_with_warmup',
  'linear',
  'cosine',
  'cosine_with_restarts',
  'polynomial',
] as const satisfies readonly LearningRateSchedule[];

const MODEL = 'Model';
const PARTS = 'Parts that are trained';
const OPTIMIZER = 'Optimizer';
const CONDITION = 'Conditions';
const REWARDS = 'Reward layers';
const OUTPUT = 'Output';

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
 * What an option is where it is not given, for each kind of model where they differ: written out, so that starting stays quick. A
 * test compares it with the training's own.
 */
export const DEFAULTS = {
  stage: '2',
  seed: '0',
  precision: 'f32',
  train: 'all',
  'lora-rank': '8',
  'lora-convolutions': 'no',
  epsilon: '1e-8',
  'weight-decay': '0.01',
  'max-gradient-norm': '1',
  'on-non-finite': 'stop',
  'reward-dropout': '0',
  flips: 'yes',
  'checkpoint-every': '500',
  'checkpoints-kept': '2',
  'sample-every': '500',
  'sample-count': '8',
  size: { scenes: '32', photos: '64', latents: '256', published: '256' },
  steps: { scenes: '2000', photos: '4800', latents: '3000', published: '10000' },
  'batch-size': { scenes: '32', photos: '16', latents: '16', published: '4' },
  accumulation: { scenes: '1', published: '4' },
  recompute: { scenes: 'no', published: 'yes' },
  'learning-rate': { scenes: '0.0015', latents: '0.001', published: '0.00005' },
  schedule: { scenes: 'cosine', published: 'constant' },
  'warmup-steps': { scenes: '50', published: '0' },
  betas: { scenes: '0.9,0.99', published: '0.9,0.999' },
  'ema-decay': { scenes: '0.99', latents: '0.995', published: '0.9999' },
  'change-weight': { scenes: '0.7', photos: '0.5', latents: '0', published: '0' },
  'conditioning-dropout': { scenes: '0', published: '0.05' },
  'feedback-dropout': { scenes: '0.2', published: '0' },
} as const;

/** A default by kind of model: new ones for scenes, and where they differ the other new ones, and those in the published form. */
type DefaultByKind = Readonly<{ scenes: string; photos?: string; latents?: string; published: string }>;

/** A summary with the default, or with those of each kind of model. */
function withDefault(name: keyof typeof DEFAULTS, summary: string): string {
  const value: string | DefaultByKind = DEFAULTS[name];
  if (typeof value === 'string') return `${summary} [default: ${value}]`;
  const { scenes, photos, latents, published } = value;
  const kinds = [
    scenes,
    ...(photos === undefined ? [] : [`for photos ${photos}`]),
    ...(latents === undefined ? [] : [`on latents ${latents}`]),
    `for Stable Diffusion ${published}`,
  ];
  return `${summary} [default: ${kinds.join(', ')}]`;
}

/**
 * The options that decide what a training computes. Each is called as in the training's config, in lower case with hyphens. None has
 * a default here: what is not given follows from the model, or from the run that is gone on with.
 */
export const trainFlags = withVariables('train', {
  stage: Flags.option({
    summary: withDefault(
      'stage',
      'Stage: 1 learns to edit from the triplets alone; 2 is told how good each triplet is.',
    ),
    options: ['1', '2'] as const,
  })(),
  steps: Flags.integer({ summary: withDefault('steps', 'Training steps in all.'), ...count }),
  'batch-size': Flags.integer({
    summary: withDefault('batch-size', 'Batch size: triplets a step.'),
    aliases: ['batch'],
    ...count,
  }),
  size: Flags.integer({
    summary: withDefault('size', 'Resolution: pixels a side that pictures are resized to.'),
    ...count,
  }),
  seed: Flags.integer({
    summary: withDefault('seed', 'Random seed: the same seed gives the same result.'),
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }),
  flips: Flags.boolean({
    summary: withDefault('flips', 'Flip pictures left to right at random, where the instruction allows it.'),
    allowNo: true,
  }),

  objective: Flags.option({
    summary:
      'Objective: edits; or, for SmartEdit, alignment, by which its language model first learns to give what the text encoder gives. [default: edits]',
    options: ['edits', 'alignment'] as const,
  })(),
  'language-weight': numberFlag({
    summary:
      'Weight of the loss of saying the next word, for SmartEdit with a decoder of its own. [default: 0]',
    helpGroup: OPTIMIZER,
    min: 0,
  }),
  preset: Flags.option({
    summary:
      "Architecture of a new model: for scenes of 32, or photos of 64 pixels a side, or for photos of 256 on an autoencoder's latents. [default: scenes]",
    helpGroup: MODEL,
    options: ['scenes', 'photos', 'latents'] as const,
  })(),
  autoencoder: Flags.string({
    summary:
      'Autoencoder of a new model on latents: a folder of diffusers, or one with the two files of a tiny one (TAESD, TAEF2).',
    helpGroup: MODEL,
    helpValue: 'PATH',
  }),
  pipeline: Flags.option({
    summary:
      'Pipeline of a new model: a text encoder reads the instruction, or a language model that also sees the picture. [default: instruct-pix2pix]',
    helpGroup: MODEL,
    options: ['instruct-pix2pix', 'smartedit'] as const,
  })(),
  init: Flags.string({
    summary:
      "Model folder to start from instead, such as that of a stage 1; or one file in Stable Diffusion's layout.",
    helpGroup: MODEL,
    helpValue: 'PATH',
  }),
  architecture: architectureFlag,
  split: Flags.string({
    summary:
      'Train on triplets of this split only; by default on all but those of test and validation splits.',
    helpValue: 'NAME',
  }),
  instructions: Flags.option({
    summary:
      'Train with the instructions as given, or with those that say what pairs really show (`annotate --rectify`). [default: given]',
    options: ['given', 'rectified'] as const,
  })(),
  'contrast-weight': numberFlag({
    summary: 'Weight of the triplet loss on wrong instructions (`annotate --contrast`). [default: none]',
    helpGroup: CONDITION,
    min: 0,
  }),
  'contrast-margin': numberFlag({
    summary: 'By how much a wrong instruction should make the error larger. [default: 0.005]',
    helpGroup: CONDITION,
    min: 0,
  }),
  recompute: Flags.boolean({
    summary: withDefault(
      'recompute',
      'Gradient checkpointing: compute activations twice instead of keeping them; less memory, more time.',
    ),
    helpGroup: MODEL,
    allowNo: true,
  }),
  precision: Flags.option({
    summary: withDefault(
      'precision',
      'Precision that layers store and multiply in; f16 takes less memory and, on most GPUs, less time. Weights and sums are f32.',
    ),
    helpGroup: MODEL,
    options: ['f32', 'f16'] as const,
  })(),

  train: Flags.option({
    summary: withDefault('train', 'Parameters to train, the rest staying as it is; may be repeated.'),
    helpGroup: PARTS,
    options: [
      'all',
      'text-encoder',
      'unet',
      'rewards',
      'lora',
      'image-encoder',
      'language-model',
      'qformer',
      'interaction',
    ] as const,
    multiple: true,
    multipleNonGreedy: true,
  })(),
  'lora-rank': Flags.integer({
    summary: withDefault('lora-rank', 'LoRA rank.'),
    helpGroup: PARTS,
    ...count,
  }),
  'lora-alpha': numberFlag({
    summary: 'LoRA alpha: what its layers add is multiplied by alpha / rank. [default: the rank]',
    helpGroup: PARTS,
    min: 0,
  }),
  'lora-convolutions': Flags.boolean({
    summary: withDefault('lora-convolutions', 'LoRA layers beside convolutions too, not only in attention.'),
    helpGroup: PARTS,
    allowNo: true,
  }),

  'learning-rate': numberFlag({
    summary: withDefault('learning-rate', 'Learning rate after the warm-up.'),
    helpGroup: OPTIMIZER,
    aliases: ['lr'],
    min: 0,
  }),
  schedule: Flags.option({
    summary: withDefault('schedule', 'Learning-rate schedule after the warm-up.'),
    helpGroup: OPTIMIZER,
    options: SCHEDULES,
  })(),
  'warmup-steps': Flags.integer({
    summary: withDefault('warmup-steps', 'Warm-up: steps over which the learning rate rises.'),
    helpGroup: OPTIMIZER,
    min: 0,
  }),
  accumulation: Flags.integer({
    summary: withDefault('accumulation', 'Gradient accumulation: batches a step.'),
    helpGroup: OPTIMIZER,
    ...count,
  }),
  betas: pairFlag({
    summary: withDefault('betas', "AdamW's betas: decays of its two moments."),
    helpGroup: OPTIMIZER,
    helpValue: 'B1,B2',
  }),
  epsilon: numberFlag({ summary: withDefault('epsilon', "AdamW's epsilon."), helpGroup: OPTIMIZER, min: 0 }),
  'weight-decay': numberFlag({
    summary: withDefault('weight-decay', "AdamW's weight decay."),
    helpGroup: OPTIMIZER,
    min: 0,
  }),
  'max-gradient-norm': numberFlag({
    summary: withDefault(
      'max-gradient-norm',
      'Gradient clipping: the largest norm of all gradients together.',
    ),
    helpGroup: OPTIMIZER,
    min: 0,
  }),
  'on-non-finite': Flags.option({
    summary: withDefault(
      'on-non-finite',
      'What becomes of a step whose gradients are infinite or not a number; the weights are not touched by it.',
    ),
    helpGroup: OPTIMIZER,
    options: ['stop', 'skip'] as const,
  })(),
  'ema-decay': numberFlag({
    summary: withDefault(
      'ema-decay',
      'Decay of the moving average of the weights, which is the model that is saved; 0 keeps none, for less memory.',
    ),
    helpGroup: OPTIMIZER,
    ...share,
  }),
  'change-weight': numberFlag({
    summary: withDefault(
      'change-weight',
      'Weight of the loss on what an edit changes, beside that on the whole picture; in pixel space only.',
    ),
    helpGroup: OPTIMIZER,
    min: 0,
  }),

  'conditioning-dropout': numberFlag({
    summary: withDefault(
      'conditioning-dropout',
      'Share of samples without text, without picture, and without both: one for each, up to 1/3.',
    ),
    helpGroup: CONDITION,
    min: 0,
    max: 1 / 3,
  }),
  'map-dropout': numberFlag({
    summary: 'Share of samples without their feature map, for SmartEdit. [default: 0]',
    helpGroup: CONDITION,
    ...share,
  }),
  'reward-dropout': numberFlag({
    summary: withDefault('reward-dropout', 'Share of samples without any reward.'),
    helpGroup: CONDITION,
    ...share,
  }),
  'feedback-dropout': numberFlag({
    summary: withDefault('feedback-dropout', 'Share of samples with scores but no feedback text.'),
    helpGroup: CONDITION,
    ...share,
  }),

  'reward-layers': Flags.option({
    summary: 'Form of new reward layers: ours, or that of the published code. [default: own]',
    helpGroup: REWARDS,
    options: ['own', 'published'] as const,
  })(),
  'reward-tokens': Flags.option({
    summary:
      'Tokens that attention in reward layers reads: one of all scores and one of all feedback, or one of each for each perspective. [default: one-each, for our own layers on latents per-perspective]',
    helpGroup: REWARDS,
    options: ['one-each', 'per-perspective'] as const,
  })(),
  'score-scale': numberFlag({
    summary: 'Factor that reward layers multiply scores by. [default: 10, published 1]',
    helpGroup: REWARDS,
    min: 0,
  }),
  'reward-start': Flags.option({
    summary:
      'Initialization of the last projections of new reward layers: zero, which changes nothing at first, or drawn. [default: zero for ours in a trained model, else drawn]',
    helpGroup: REWARDS,
    options: ['zero', 'drawn'] as const,
  })(),

  'checkpoint-every': Flags.integer({
    summary: withDefault('checkpoint-every', 'Steps from checkpoint to checkpoint.'),
    helpGroup: OUTPUT,
    ...count,
  }),
  'checkpoints-kept': Flags.integer({
    summary: withDefault('checkpoints-kept', 'Checkpoints to keep.'),
    helpGroup: OUTPUT,
    ...count,
  }),
  'sample-every': Flags.integer({
    summary: withDefault('sample-every', 'Steps from one sample picture to the next.'),
    helpGroup: OUTPUT,
    ...count,
  }),
  'sample-count': Flags.integer({
    summary: withDefault('sample-count', 'Triplets in a sample picture; 0 for none.'),
    helpGroup: OUTPUT,
    min: 0,
  }),
});
