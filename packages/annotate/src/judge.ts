import type { Reward, Triplet } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';

/**
 * A triplet as a judge gets it: what is written about it, and its pictures, each decoded when it is first asked for.
 * The record holds neither the faults that its maker knows of nor an earlier reward, so no judge can lean on them.
 */
export type JudgedTriplet = {
  readonly triplet: Omit<Triplet, 'faults' | 'reward'>;
  original(): Promise<Picture>;
  edited(): Promise<Picture>;
  /** What the edited picture should have been, or undefined where nobody knows. */
  truth(): Promise<Picture | undefined>;
};

/** A judge's answer: a reward, or why there is none. */
export type Judgement = { readonly reward: Reward } | { readonly missing: string };

export type JudgeContext = {
  /** Fires when the answer is no longer wanted, because the run has failed elsewhere. */
  readonly signal: AbortSignal;
};

/** Somebody who scores triplets. Several calls of `judge` may be under way at once. */
export interface Judge {
  readonly name: string;
  /** Changes whenever the same triplet may get another answer. */
  readonly version: string;
  /**
   * Scores one triplet. What cannot be judged is answered with `missing`, never guessed. Throwing 'bad-input' sets the
   * triplet aside (its pictures cannot be read); throwing anything else ends the run.
   */
  judge(triplet: JudgedTriplet, context: JudgeContext): Promise<Judgement>;
}
