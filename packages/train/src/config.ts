import { LEARNING_RATE_SCHEDULES } from '@rewardedit/graph';
import { z } from 'zod';

const share = z.number().min(0).max(1);
const count = z.number().int().positive();

/**
 * Everything that decides what a training run computes. A run folder keeps it resolved; the same config, data and seed give the
 * same weights bit for bit on the CPU.
 */
export const trainConfigSchema = z.strictObject({
  /** 1 learns to edit from triplets alone; 2 is given their rewards as a condition (paper, section 4). */
  stage: z.union([z.literal(1), z.literal(2)]).default(2),
  /** Architecture of a new model; ignored where `init` names a trained one. */
  preset: z.enum(['scenes', 'photos']).default('scenes'),
  /** Model folder to start from, a stage 1 for instance. */
  init: z.string().optional(),
  /** Width and height in pixels that pictures are resized to. */
  size: count.default(32),
  seed: z.number().int().nonnegative().default(0),
  steps: count.default(2000),
  batchSize: count.default(32),
  /** Micro-batches whose gradients are averaged into one step. */
  accumulation: count.default(1),
  /** Computes the inside of each block again in the backward pass instead of keeping it: less memory, more time. */
  recompute: z.boolean().default(false),
  learningRate: z.number().positive().default(1.5e-3),
  schedule: z.enum(LEARNING_RATE_SCHEDULES).default('cosine'),
  warmupSteps: z.number().int().nonnegative().default(50),
  betas: z.tuple([share, share]).default([0.9, 0.99]),
  epsilon: z.number().positive().default(1e-8),
  weightDecay: z.number().nonnegative().default(0.01),
  /** Largest Euclidean norm of all gradients together. */
  maxGradientNorm: z.number().positive().default(1),
  /** Decay of the moving average of the weights that samples and the saved model use. */
  emaDecay: share.default(0.99),
  /** What a triplet changes weighs this many times as much in the loss as the whole picture does (`changeWeights`). */
  changeWeight: z.number().nonnegative().default(0.7),
  /** InstructPix2Pix's rule: without text for u < 2d, without source picture for d <= u < 3d, u uniform in [0, 1). */
  conditioningDropout: z
    .number()
    .min(0)
    .max(1 / 3)
    .default(0),
  /** Share of samples that are given no reward at all. */
  rewardDropout: share.default(0),
  /** Share of samples that keep their scores but are given no feedback text. */
  feedbackDropout: share.default(0.2),
  /** Mirror pictures left to right at random, where the triplet says that its instruction allows it. */
  flips: z.boolean().default(true),
  /** Save a checkpoint after every this many steps, and at the end. */
  checkpointEvery: count.default(500),
  /** Checkpoints kept; the oldest goes once a newer one has been verified. */
  checkpointsKept: count.default(2),
  /** Draw sample pictures after every this many steps, and at the end. */
  sampleEvery: count.default(500),
  /** How many triplets the sample picture shows. */
  sampleCount: z.number().int().nonnegative().default(8),
});

export type TrainConfig = z.output<typeof trainConfigSchema>;
