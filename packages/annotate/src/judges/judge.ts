import { EDIT_KINDS, rewardSchema, rewritesSchema, type Triplet } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import { z } from 'zod';
import type { Inputs } from '../answers/inputs.ts';
import type { ReadFile } from '../files/read-file.ts';
import type { AskContext } from '../language-model/calling/retrying-client.ts';
import { spentSchema } from '../language-model/spending/spent.ts';
import type { PictureRole } from '../protocols/protocol.ts';

/** A triplet, or a pair: then with the path of another edit of its original to compare with. */
export type ComparedTriplet = Triplet & { readonly other?: string };

/**
 * A triplet as a judge gets it: its texts, and its pictures, each decoded when it is first needed. It contains neither the faults recorded
 * by its maker nor an earlier reward, so that no judge can rely on them.
 */
export type JudgedTriplet = {
  readonly triplet: Omit<ComparedTriplet, 'faults' | 'reward'>;
  /** Returns the path of a picture's file. Throws `bad-input` for a name that leads out of the dataset. */
  path(role: PictureRole): string;
  /** Reads a file returned by `path`; returns the bytes that were hashed, if they are still in memory. */
  readonly readFile: ReadFile;
  original(): Promise<Picture>;
  edited(): Promise<Picture>;
  /** For a pair: the edit to compare with. */
  readonly other?: () => Promise<Picture>;
  /** What the edited picture should have been, if that is known. */
  truth(): Promise<Picture | undefined>;
};

/** Numbers by name, kept with a reward. A number that JSON cannot represent would make the journal unreadable. */
export const measuresSchema = z.record(z.string(), z.number()).readonly();

/** Numbers by name, kept with a reward: what a protocol counts in addition to scores, or what was measured on the pixels. */
export type Measures = z.infer<typeof measuresSchema>;

/** The fields of an answer with a reward. */
export const rewardedFields = {
  reward: rewardSchema,
  missing: z.string().exactOptional(),
  measures: measuresSchema.exactOptional(),
  /** The kind of edit, if the judge was asked to name it. */
  kind: z.enum(EDIT_KINDS).exactOptional(),
  /** Instructions, if they were asked for in place of scores. */
  rewrites: rewritesSchema.exactOptional(),
};

/** What an answer without a reward lacks. */
const without = z.undefined().optional();
const commonFields = {
  replies: z.array(z.string()).readonly().exactOptional(),
  /** What the answer took, if models were asked. */
  spent: spentSchema.optional(),
};

/**
 * A judge's answer: a reward, or why there is none, or both if the reward lacks a perspective. `replies` are the unusable replies of a
 * model, verbatim; absent if no model was asked.
 */
export const judgementSchema = z.union([
  z.object({ ...rewardedFields, ...commonFields }),
  z.object({
    ...{ reward: without, missing: z.string(), measures: without, kind: without, rewrites: without },
    ...commonFields,
  }),
]);

export type Judgement = Readonly<z.infer<typeof judgementSchema>>;

export type JudgeContext = Omit<AskContext, 'again'> & {
  /** Whether this triplet was set aside before and is asked about again. */
  readonly again?: boolean;
  /** Hashes of what is to be judged. */
  readonly inputs?: Inputs;
};

/** Scores triplets. Several calls of `judge` may be under way at once. */
export interface Judge {
  readonly name: string;
  /** Changes whenever the same triplet may get another answer. */
  readonly version: string;
  /** Whether it needs the true edit, so that its answers depend on it too. */
  readonly needsTruth?: boolean;
  /** Whether it needs the instructions that the maker of a triplet noted. */
  readonly needsRewrites?: boolean;
  /**
   * Scores one triplet. What cannot be judged is answered with `missing`, never guessed. If it throws `bad-input`, the triplet is set aside
   * (its pictures cannot be read); any other error, or a `RunEndingError`, ends the run.
   */
  judge(triplet: JudgedTriplet, context: JudgeContext): Promise<Judgement>;
}
