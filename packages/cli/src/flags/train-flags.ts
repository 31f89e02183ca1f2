import { Errors, Flags, type Interfaces } from '@oclif/core';
import type { LearningRateSchedule } from '@rewardedit/graph';
import { inGroup, mapFlags, numberFlag, repeatable, withVariables } from './flags.ts';
import { architectureFlag } from './weights-flags.ts';

const SCHEDULES = [
  'constant',
  'constant_with_warmup',
  'linear',
  'cosine',
  'cosine_with_restarts',
  'polynomial',
] as const satisfies readonly LearningRateSchedule[];

const share = { min: 0, max: 1 };
const count = { min: 1 };

/** Parses two numbers separated by a comma. */
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
 * The defaults that the help shows, per kind of model if they differ. Repeated here so that `--help` loads no training code; a test
 * compares them with the real ones.
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

/** A default per kind of model: scenes, and the others if they differ; `published` is Stable Diffusion's form. */
type DefaultByKind = Readonly<{ scenes: string; photos?: string; latents?: string; published: string }>;

/** Appends the defaults above to the summaries of their options. */
function withDefaults<F extends Interfaces.FlagInput>(flags: F): F {
  return mapFlags(flags, (name, flag) =>
    name in DEFAULTS
      ? { ...flag, summary: `${flag.summary} [default: ${inWords(DEFAULTS[name as keyof typeof DEFAULTS])}]` }
      : flag,
  );
}

function inWords(value: string | DefaultByKind): string {
  if (typeof value === 'string') return value;
  const { scenes, photos, latents, published } = value;
  return [
    scenes,
    ...(photos === undefined ? [] : [`for photos ${photos}`]),
    ...(latents === undefined ? [] : [`on latents ${latents}`]),
    `for Stable Diffusion ${published}`,
  ].join(', ');
}

const modelFlags = inGroup('Model', {
  preset: Flags.option({
    summary:
      "Architecture of a new model: for scenes of 32 or photos of 64 pixels a side, or for photos of 256 on an autoencoder's latents. [default: scenes]",
    options: ['scenes', 'photos', 'latents'] as const,
  })(),
  autoencoder: Flags.string({
    summary:
      'Autoencoder of a new model on latents: a diffusers folder, or a folder with the two files of a tiny autoencoder (TAESD, TAEF2).',
    helpValue: 'PATH',
  }),
  pipeline: Flags.option({
    summary:
      'Pipeline of a new model: instruct-pix2pix reads the instruction with a text encoder, smartedit with a language model that also sees the picture. [default: instruct-pix2pix]',
    options: ['instruct-pix2pix', 'smartedit'] as const,
  })(),
  init: Flags.string({
    summary:
      "Model to start from instead, such as that of stage 1: a model folder, or one file in Stable Diffusion's layout.",
    helpValue: 'PATH',
  }),
  recompute: Flags.boolean({
    summary: 'Gradient checkpointing: recompute activations instead of storing them; less memory, more time.',
    allowNo: true,
  }),
  precision: Flags.option({
    summary:
      'Precision in which layers are stored and multiplied; f16 takes less memory and, on most GPUs, less time. Weights and sums stay in f32.',
    options: ['f32', 'f16'] as const,
  })(),
});

const trainedPartFlags = inGroup('Fine-tuning', {
  train: Flags.option({
    summary: 'Parameters to train, while all others stay frozen; repeatable.',
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
    ...repeatable,
  })(),
  'lora-rank': Flags.integer({ summary: 'LoRA rank.', ...count }),
  'lora-alpha': numberFlag({
    summary: 'LoRA alpha: the output of LoRA layers is multiplied by alpha / rank. [default: the rank]',
    min: 0,
  }),
  'lora-convolutions': Flags.boolean({
    summary: 'Add LoRA layers to convolutions too, not only to attention.',
    allowNo: true,
  }),
});

const optimizerFlags = inGroup('Optimizer', {
  'learning-rate': numberFlag({ summary: 'Learning rate after the warm-up.', aliases: ['lr'], min: 0 }),
  schedule: Flags.option({ summary: 'Learning-rate schedule after the warm-up.', options: SCHEDULES })(),
  'warmup-steps': Flags.integer({ summary: 'Warm-up: steps over which the learning rate rises.', min: 0 }),
  accumulation: Flags.integer({ summary: 'Gradient accumulation: batches per step.', ...count }),
  betas: pairFlag({ summary: "AdamW's betas: decay rates of its two moments.", helpValue: 'B1,B2' }),
  epsilon: numberFlag({ summary: "AdamW's epsilon.", min: 0 }),
  'weight-decay': numberFlag({ summary: "AdamW's weight decay.", min: 0 }),
  'max-gradient-norm': numberFlag({ summary: 'Gradient clipping: maximum global norm.', min: 0 }),
  'on-non-finite': Flags.option({
    summary:
      'What to do after a step with infinite or NaN gradients: stop, or skip the step. Its gradients never reach the weights.',
    options: ['stop', 'skip'] as const,
  })(),
  'ema-decay': numberFlag({
    summary:
      'Decay of the exponential moving average of the weights, which becomes the saved model; 0 keeps no average and takes less memory.',
    ...share,
  }),
  'change-weight': numberFlag({
    summary:
      'Weight of an additional loss on the pixels that the edit changes; only for models that work on pixels.',
    min: 0,
  }),
  'language-weight': numberFlag({
    summary: 'Weight of the next-word loss, for SmartEdit with a decoder of its own. [default: 0]',
    min: 0,
  }),
});

const conditionFlags = inGroup('Conditioning', {
  'conditioning-dropout': numberFlag({
    summary:
      'Conditioning dropout: share of samples without text, the same share without picture, and the same without both; up to 1/3.',
    min: 0,
    max: 1 / 3,
  }),
  'map-dropout': numberFlag({
    summary: 'Share of samples without their feature map, for SmartEdit. [default: 0]',
    ...share,
  }),
  'reward-dropout': numberFlag({ summary: 'Share of samples without any reward.', ...share }),
  'feedback-dropout': numberFlag({ summary: 'Share of samples with scores but no feedback text.', ...share }),
  'contrast-weight': numberFlag({
    summary: 'Weight of the triplet loss on wrong instructions (`annotate --contrast`). [default: none]',
    min: 0,
  }),
  'contrast-margin': numberFlag({
    summary:
      'Margin of the triplet loss: how much larger the error under a wrong instruction should be. [default: 0.005]',
    min: 0,
  }),
});

const rewardLayerFlags = inGroup('Reward layer', {
  'reward-layers': Flags.option({
    summary: "Form of new reward layers: this project's own, or that of the published code. [default: own]",
    options: ['own', 'published'] as const,
  })(),
  'reward-tokens': Flags.option({
    summary:
      'Tokens that reward layers attend to: one for all scores and one for all feedback, or one of each per perspective. [default: one-each; for own layers on latents per-perspective]',
    options: ['one-each', 'per-perspective'] as const,
  })(),
  'score-scale': numberFlag({
    summary: 'Factor by which reward layers multiply scores. [default: 10, published 1]',
    min: 0,
  }),
  'reward-start': Flags.option({
    summary:
      'Initialization of the output projections of new reward layers: zero, which changes nothing at first, or drawn at random. [default: zero for own layers in a trained model, else drawn]',
    options: ['zero', 'drawn'] as const,
  })(),
});

const outputFlags = inGroup('Output', {
  'checkpoint-every': Flags.integer({ summary: 'Steps between checkpoints.', ...count }),
  'checkpoints-kept': Flags.integer({ summary: 'Number of checkpoints to keep.', ...count }),
  'sample-every': Flags.integer({ summary: 'Steps between sample pictures.', ...count }),
  'sample-count': Flags.integer({
    summary: 'Triplets in a sample picture; 0 for no sample pictures.',
    min: 0,
  }),
});

/**
 * The options that decide what a training computes, named like the fields of its config, in kebab case. None has a default here: a
 * missing one follows from the model, or from the run that is resumed.
 */
export const trainFlags = withVariables(
  'train',
  withDefaults({
    stage: Flags.option({
      summary:
        'Stage: 1 learns to edit from the triplets alone; 2 also conditions the model on the score of each triplet.',
      options: ['1', '2'] as const,
    })(),
    steps: Flags.integer({ summary: 'Training steps in all.', ...count }),
    'batch-size': Flags.integer({ summary: 'Batch size: triplets per step.', aliases: ['batch'], ...count }),
    size: Flags.integer({ summary: 'Resolution: pixels a side that pictures are resized to.', ...count }),
    seed: Flags.integer({
      summary: 'Random seed: the same seed gives the same result.',
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
    }),
    flips: Flags.boolean({
      summary: 'Flip pictures left to right at random, unless the instruction forbids it.',
      allowNo: true,
    }),
    objective: Flags.option({
      summary:
        "Objective: edits; or alignment, for SmartEdit, which first trains its language model to reproduce the text encoder's output. [default: edits]",
      options: ['edits', 'alignment'] as const,
    })(),
    split: Flags.string({
      summary: 'Train only on this split; by default on all triplets outside test and validation splits.',
      helpValue: 'NAME',
    }),
    instructions: Flags.option({
      summary:
        'Train on the instructions as given, or on rectified ones, which describe what the pictures show (`annotate --rectify`). [default: given]',
      options: ['given', 'rectified'] as const,
    })(),
    ...modelFlags,
    architecture: architectureFlag,
    ...trainedPartFlags,
    ...optimizerFlags,
    ...conditionFlags,
    ...rewardLayerFlags,
    ...outputFlags,
  }),
);
