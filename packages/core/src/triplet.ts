import { z } from 'zod';
import { PERSPECTIVES } from './perspectives.ts';
import { rewardSchema } from './reward.ts';

/** The kinds of edits in the paper's Real-Edit benchmark. */
export const EDIT_KINDS = ['local', 'remove', 'add', 'texture', 'background', 'global', 'style'] as const;

export type EditKind = (typeof EDIT_KINDS)[number];

const fileNameSchema = z.string().min(1);

/** A known fault of an edited picture, recorded by its generator; `degree` is the number of points lost, out of five. */
const faultRecordSchema = z.object({
  perspective: z.enum(PERSPECTIVES),
  fault: z.string(),
  degree: z.number().min(0).max(5),
  note: z.string(),
});

/** Other instructions for a pair of pictures: one that describes what it really shows, and wrong ones. */
export const rewritesSchema = z.object({
  rectified: z.string().min(1).exactOptional(),
  wrong: z.array(z.string().min(1)).exactOptional(),
});

export type Rewrites = z.infer<typeof rewritesSchema>;

export const tripletSchema = z.object({
  id: z.string().min(1),
  instruction: z.string(),
  /** Names of picture files, relative to the dataset folder. */
  original: fileNameSchema,
  edited: fileNameSchema,
  /** What the edited picture should have been, where that is known. */
  truth: fileNameSchema.exactOptional(),
  kind: z.enum(EDIT_KINDS).exactOptional(),
  /** The part of its dataset, such as `train` or `test`, where the dataset has several. */
  split: z.string().min(1).exactOptional(),
  /** What the original shows. */
  description: z.string().exactOptional(),
  /** Faults that were put in on purpose. Judges must not look at them. */
  faults: z.array(faultRecordSchema).exactOptional(),
  /** Other instructions, as what made the triplet knows them. Judges of edits must not look at them. */
  rewrites: rewritesSchema.exactOptional(),
  /** Whether the instruction still fits when the pictures are flipped left to right. */
  flippable: z.boolean().exactOptional(),
  reward: rewardSchema.exactOptional(),
});

/** An instruction, the original picture and the edited one, with what is known about them. */
export type Triplet = z.infer<typeof tripletSchema>;
