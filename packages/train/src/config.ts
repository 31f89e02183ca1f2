import { PRECISIONS } from '@rewardedit/diffusion';
import { LEARNING_RATE_SCHEDULES } from '@rewardedit/graph';
import { z } from 'zod';
import { REWARD_LAYERS, REWARD_STARTS, REWARD_TOKENS } from './reward-layers.ts';
import { TRAINED_PARTS } from './trainable.ts';

const share = z.number().min(0).max(1);
const count = z.number().int().positive();

/**
 * Everything that decides what a training run computes. A run folder keeps it resolved; the same config, data and seed give the
 * same weights bit for bit on the CPU. What is not said follows from the model (`defaults.ts`).
 */
export const trainConfigSchema = z.strictObject({
  /** 1 learns to edit from triplets alone; 2 is given their rewards as a condition (paper, section 4). */
  stage: z.union([z.literal(1), z.literal(2)]),
  /**
   * What is learned: to edit, or (SmartEdit) to say by the queries of the Q-Former what the text encoder says of an instruction, which
   * is where the original's training begins. The second needs no U-Net and no edits.
   */
  objective: z.enum(['edits', 'alignment']).optional(),
  /** SmartEdit with a decoder of its own: weight of the loss of saying the next word. */
  languageWeight: z.number().nonnegative().optional(),
  /** Architecture of a new model. */
  preset: z.enum(['scenes', 'photos', 'latents']).optional(),
  /** Folder or file of the autoencoder on whose latents a new model of the preset `latents` works. */
  autoencoder: z.string().optional(),
  /** What tells the U-Net of a new model of picture and instruction; InstructPix2Pix's way where nothing is said. */
  pipeline: z.enum(['instruct-pix2pix', 'smartedit']).optional(),
  /** Model folder to start from instead, a stage 1 for instance. */
  init: z.string().optional(),
  /** Folder of the same architecture, where the model to start from is one file. */
  architecture: z.string().optional(),
  /** What form new reward layers have: ours, or that of the published code (`reward-layers.ts`). */
  rewardLayers: z.enum(REWARD_LAYERS).optional(),
  /** What pixels look at in new reward layers; see `tokens` of their configuration. */
  rewardTokens: z.enum(REWARD_TOKENS).optional(),
  /** What scores are multiplied by in new reward layers. */
  scoreScale: z.number().positive().optional(),
  /** Whether the last projections of new reward layers start at zero, so that they change nothing at first, or drawn. */
  rewardStart: z.enum(REWARD_STARTS).optional(),
  /** What is trained; the rest stays as it is. `all` is everything that the model has. */
  train: z.array(z.enum(['all', ...TRAINED_PARTS])).min(1),
  /** Only triplets of this split are trained on; unless it is given, all but those of test and validation splits. */
  split: z.string().min(1).optional(),
  /** Which instructions are trained with; `rectified` takes those that `annotate --rectify` found, where there are any. */
  instructions: z.enum(['given', 'rectified']).optional(),
  /** Weight of the triplet loss that tells the instruction from wrong ones (`contrastLoss`); none unless given. */
  contrastWeight: z.number().nonnegative().optional(),
  /** By how much a wrong instruction should make the error larger. */
  contrastMargin: z.number().nonnegative().optional(),
  /** Rank of LoRA layers, where `lora` is trained. */
  loraRank: count,
  /** What they add is multiplied by this, divided by the rank. */
  loraAlpha: z.number().positive(),
  /** Puts them beside the convolutions of residual blocks too, not only in attention. */
  loraConvolutions: z.boolean(),
  /** Width and height in pixels that pictures are resized to. */
  size: count,
  seed: z.number().int().nonnegative(),
  steps: count,
  batchSize: count,
  /** Micro-batches whose gradients are averaged into one step. */
  accumulation: count,
  /** Computes the inside of each block again in the backward pass instead of keeping it: less memory, more time. */
  recompute: z.boolean(),
  /** What networks store and multiply in. With f16, weights, moments and sums are f32, and the loss is scaled. */
  precision: z.enum(PRECISIONS),
  learningRate: z.number().positive(),
  schedule: z.enum(LEARNING_RATE_SCHEDULES),
  warmupSteps: z.number().int().nonnegative(),
  betas: z.tuple([share, share]),
  epsilon: z.number().positive(),
  weightDecay: z.number().nonnegative(),
  /** Largest Euclidean norm of all gradients together. */
  maxGradientNorm: z.number().positive(),
  /** What becomes of a step whose gradients are infinite or not a number. The weights are not touched by it either way. */
  onNonFinite: z.enum(['stop', 'skip']),
  /** Decay of the moving average of the weights that samples and the saved model use. */
  emaDecay: share,
  /**
   * What a triplet changes weighs this many times as much in the loss as the whole picture does (`changeWeights`). For models in
   * pixel space only.
   */
  changeWeight: z.number().nonnegative(),
  /** InstructPix2Pix's rule: without text for u < 2d, without source picture for d <= u < 3d, u uniform in [0, 1). */
  conditioningDropout: z
    .number()
    .min(0)
    .max(1 / 3),
  /** SmartEdit: share of samples that are not given their feature map, so that guidance may do without it. */
  mapDropout: share.optional(),
  /** Share of samples that are given no reward at all. */
  rewardDropout: share,
  /** Share of samples that keep their scores but are given no feedback text. */
  feedbackDropout: share,
  /** Mirror pictures left to right at random, where the triplet says that its instruction allows it. */
  flips: z.boolean(),
  /** Save a checkpoint after every this many steps, and at the end. */
  checkpointEvery: count,
  /** Checkpoints kept; the oldest goes once a newer one has been verified. */
  checkpointsKept: count,
  /** Draw sample pictures after every this many steps, and at the end. */
  sampleEvery: count,
  /** How many triplets the sample picture shows. */
  sampleCount: z.number().int().nonnegative(),
});

export type TrainConfig = z.output<typeof trainConfigSchema>;

/** What is said of a config; the rest is taken from the run that is continued, or follows from the model. */
export const trainSettingsSchema = trainConfigSchema.partial();

export type TrainSettings = z.output<typeof trainSettingsSchema>;

/** What settings were before they could be set: runs from then do not have them in their config. */
export const BEFORE_SET = { precision: 'f32' } as const satisfies TrainSettings;

/** What may be another when a run is continued: no weight of a step that was done depends on it. */
export const MAY_DIFFER = [
  'onNonFinite',
  'checkpointEvery',
  'checkpointsKept',
  'sampleEvery',
  'sampleCount',
] as const;
