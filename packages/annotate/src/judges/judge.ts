import { EDIT_KINDS, rewardSchema, rewritesSchema, type Emit, type Triplet } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import { z } from 'zod';
import type { Inputs } from '../answers/inputs.ts';
import type { ReadFile } from '../files/read-file.ts';
import { spentSchema } from '../language-model/spending/spent.ts';
import type { PictureRole } from '../protocols/protocol.ts';

/** A triplet that may stand for a pair: with the path of another edit of its original, which its own is compared with. */
export type ComparedTriplet = Triplet & { readonly other?: string };

/**
 * A triplet as a judge gets it: what is written about it, and its pictures, each decoded when it is first asked for.
 * The record holds neither the faults that its maker knows of nor an earlier reward, so no judge can lean on them.
 */
export type JudgedTriplet = {
  readonly triplet: Omit<ComparedTriplet, 'faults' | 'reward'>;
  /** Path of a picture's file; of the `other` one where there is one. Throws 'bad-input' for a name that leads out of the dataset. */
  path(role: PictureRole): string;
  /** Reads a file at a path of `path`; gives what was hashed as the answer's input, where that is still in memory. */
  readonly readFile: ReadFile;
  original(): Promise<Picture>;
  edited(): Promise<Picture>;
  /** Of a pair: the edit that the given one is compared with. */
  readonly other?: () => Promise<Picture>;
  /** What the edited picture should have been, or undefined where nobody knows. */
  truth(): Promise<Picture | undefined>;
};

/** Numbers by name, kept beside a reward; a number that JSON cannot hold would make the journal unreadable. */
export const measuresSchema = z.record(z.string(), z.number()).readonly();

/** Numbers kept beside a reward, by name: what a protocol counts besides scores, or what was measured on the pixels. */
export type Measures = z.infer<typeof measuresSchema>;

/** What a judge says of a triplet that it has a reward for. */
export const rewardedFields = {
  reward: rewardSchema,
  missing: z.string().exactOptional(),
  measures: measuresSchema.exactOptional(),
  /** The kind of edit, where the judge was asked to name it. */
  kind: z.enum(EDIT_KINDS).exactOptional(),
  /** Where instructions were asked for, in place of scores. */
  rewrites: rewritesSchema.exactOptional(),
};

const without = z.undefined().optional();
const commonFields = {
  replies: z.array(z.string()).readonly().exactOptional(),
  /** What the answer took, where models were asked. */
  spent: spentSchema.optional(),
};

/**
 * A judge's answer: a reward, or why there is none, or both where the reward lacks a perspective. `replies` are what a
 * model said that could not be used, word for word; they are absent where no model was asked.
 */
export const judgementSchema = z.union([
  z.object({ ...rewardedFields, ...commonFields }),
  z.object({
    ...{ reward: without, missing: z.string(), measures: without, kind: without, rewrites: without },
    ...commonFields,
  }),
]);

export type Judgement = Readonly<z.infer<typeof judgementSchema>>;

export type JudgeContext = {
  /** Fires when no further work on the answer should begin; what is under way may end, and its result is kept. */
  readonly signal: AbortSignal;
  /** Fires when nothing is wanted any more, because the run has failed. */
  readonly cancel: AbortSignal;
  /** Whether this triplet was set aside before and is to be asked about anew. */
  readonly again?: boolean;
  /** Hashes of what is to be judged. */
  readonly inputs?: Inputs;
  /** Told of calls and retries, and what the judge waits for. */
  readonly emit?: Emit | undefined;
};

/** Somebody who scores triplets. Several calls of `judge` may be under way at once. */
export interface Judge {
  readonly name: string;
  /** Changes whenever the same triplet may get another answer. */
  readonly version: string;
  /** Whether it needs the true edit, so that its answers depend on that too. */
  readonly needsTruth?: boolean;
  /** Whether it needs the instructions that the maker of a triplet noted. */
  readonly needsRewrites?: boolean;
  /**
   * Scores one triplet. What cannot be judged is answered with `missing`, never guessed. Throwing 'bad-input' sets the
   * triplet aside (its pictures cannot be read); throwing anything else, or a `RunEndingError`, ends the run.
   */
  judge(triplet: JudgedTriplet, context: JudgeContext): Promise<Judgement>;
}
