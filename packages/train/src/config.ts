import { PRECISIONS } from '@rewardedit/diffusion';
import { LEARNING_RATE_SCHEDULES } from '@rewardedit/graph';
import { z } from 'zod';
import { REWARD_LAYERS, REWARD_STARTS, REWARD_TOKENS } from './reward-layers.ts';
import { TRAINED_PARTS } from './trainable.ts';

const share = z.number().min(0).max(1);
const count = z.number().int().positive();

/**
 * All settings that determine what a training run computes. The run folder records them, resolved; the same config, data and seed give the same
 * weights, bit for bit on the CPU. Defaults depend on the model (`defaults.ts`).
 */
export const trainConfigSchema = z.strictObject({
  /** 1 learns to edit from triplets alone; 2 is conditioned on their rewards (paper, section 4). */
  stage: z.union([z.literal(1), z.literal(2)]),
  /**
   * The training objective: edits, or (SmartEdit) aligning the Q-Former's queries with the text encoder's states of the instruction, which is the
   * first stage of the original. Alignment needs neither U-Net nor edits.
   */
  objective: z.enum(['edits', 'alignment']).optional(),
  /** SmartEdit with its own decoder: weight of the next-token loss. */
  languageWeight: z.number().nonnegative().optional(),
  /** Architecture of a new model. */
  preset: z.enum(['scenes', 'photos', 'latents']).optional(),
  /** Folder or file of the autoencoder for a new model with the preset `latents`. */
  autoencoder: z.string().optional(),
  /** How a new model encodes picture and instruction; instruct-pix2pix by default. */
  pipeline: z.enum(['instruct-pix2pix', 'smartedit']).optional(),
  /** Model folder to start from, such as one of stage 1. */
  init: z.string().optional(),
  /** Folder of a model with the same architecture, if `init` is a single file. */
  architecture: z.string().optional(),
  /** Design of new reward layers: ours, or that of the published code (`reward-layers.ts`). */
  rewardLayers: z.enum(REWARD_LAYERS).optional(),
  /** Tokens of new reward layers; see `tokens` of their configuration. */
  rewardTokens: z.enum(REWARD_TOKENS).optional(),
  /** Score scale of new reward layers. */
  scoreScale: z.number().positive().optional(),
  /** Whether the last projections of new reward layers are initialized to zero, so that they change nothing at first, or randomly. */
  rewardStart: z.enum(REWARD_STARTS).optional(),
  /** The parts to train; the rest is frozen. `all` is everything the model has. */
  train: z.array(z.enum(['all', ...TRAINED_PARTS])).min(1),
  /** Trains only on triplets of this split; by default on all except test and validation splits. */
  split: z.string().min(1).optional(),
  /** Instructions to train with; `rectified` uses those found by `annotate --rectify`, if any. */
  instructions: z.enum(['given', 'rectified']).optional(),
  /** Weight of the contrastive loss against wrong instructions (`contrastLoss`); 0 by default. */
  contrastWeight: z.number().nonnegative().optional(),
  /** Margin by which the error with a wrong instruction should be larger. */
  contrastMargin: z.number().nonnegative().optional(),
  /** Rank of LoRA layers, if `lora` is trained. */
  loraRank: count,
  /** LoRA layers are scaled by this, divided by the rank. */
  loraAlpha: z.number().positive(),
  /** Adapts the convolutions of residual blocks too, not only attention. */
  loraConvolutions: z.boolean(),
  /** Width and height in pixels to which pictures are resized. */
  size: count,
  seed: z.number().int().nonnegative(),
  steps: count,
  batchSize: count,
  /** Gradient accumulation: micro-batches per step. */
  accumulation: count,
  /** Recomputes the inside of each block in the backward pass instead of storing it: less memory, more time. */
  recompute: z.boolean(),
  /** Element type of the layers. With f16, weights, moments and sums are f32, and the loss is scaled. */
  precision: z.enum(PRECISIONS),
  learningRate: z.number().positive(),
  schedule: z.enum(LEARNING_RATE_SCHEDULES),
  warmupSteps: z.number().int().nonnegative(),
  betas: z.tuple([share, share]),
  epsilon: z.number().positive(),
  weightDecay: z.number().nonnegative(),
  /** Gradients are clipped to this global norm. */
  maxGradientNorm: z.number().positive(),
  /** What to do with a step whose gradients are not finite. Either way it does not change the weights. */
  onNonFinite: z.enum(['stop', 'skip']),
  /** Decay of the exponential moving average of the weights, which samples and the saved model use. */
  emaDecay: share,
  /** Weight of the values that a triplet changes, relative to the whole picture (`changeWeights`). For models on pixels only. */
  changeWeight: z.number().nonnegative(),
  /** InstructPix2Pix's rule: no text if u < 2d, no source picture if d <= u < 3d, for u uniform in [0, 1). */
  conditioningDropout: z
    .number()
    .min(0)
    .max(1 / 3),
  /** SmartEdit: share of samples without their feature map, which enables guidance by it. */
  mapDropout: share.optional(),
  /** Share of samples without a reward. */
  rewardDropout: share,
  /** Share of samples with scores but without feedback. */
  feedbackDropout: share,
  /** Flips pictures horizontally at random if the triplet allows it. */
  flips: z.boolean(),
  /** Interval of checkpoints in steps; one more is saved at the end. */
  checkpointEvery: count,
  /** Number of checkpoints kept; the oldest is removed once a newer one has been verified. */
  checkpointsKept: count,
  /** Interval of sample pictures in steps; one more is drawn at the end. */
  sampleEvery: count,
  /** Number of triplets on a sample picture. */
  sampleCount: z.number().int().nonnegative(),
});

export type TrainConfig = z.output<typeof trainConfigSchema>;

/** Explicit settings. The rest comes from the resumed run, or is derived from the model. */
export const trainSettingsSchema = trainConfigSchema.partial();

export type TrainSettings = z.output<typeof trainSettingsSchema>;

/** The behavior of runs from before a setting existed, which their config lacks. */
export const BEFORE_SET = { precision: 'f32' } as const satisfies TrainSettings;

/** Settings that may change when a run is resumed: they do not affect the weights of steps already done. */
export const MAY_DIFFER = [
  'onNonFinite',
  'checkpointEvery',
  'checkpointsKept',
  'sampleEvery',
  'sampleCount',
] as const;
