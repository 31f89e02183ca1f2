import { RewardEditError } from '@rewardedit/core';
import type { Judge, JudgeContext, JudgedTriplet, Judgement, Measures } from '../judges/judge.ts';
import { RunEndingError } from '../judges/run-ending-error.ts';

/** Measures the pixels of a scored triplet, for measures beside its reward. */
export type Measure = (triplet: JudgedTriplet) => Promise<Measures>;

/**
 * Asks a judge about one triplet, and measures it if it got a reward. A triplet whose pictures cannot be read gets an answer that says why;
 * any other error is thrown.
 */
export async function judgeTriplet(
  { judge, measure }: { readonly judge: Judge; readonly measure?: Measure | undefined },
  triplet: JudgedTriplet,
  context: JudgeContext,
): Promise<Judgement> {
  try {
    const judgement = await judge.judge(triplet, context);
    if (measure === undefined || judgement.reward === undefined) return judgement;
    return { ...judgement, measures: { ...judgement.measures, ...(await measure(triplet)) } };
  } catch (error) {
    const concernsTriplet = error instanceof RewardEditError && error.code === 'bad-input';
    if (!concernsTriplet || error instanceof RunEndingError) throw error;
    return { missing: [error.where, error.message].filter((part) => part !== undefined).join(': ') };
  }
}
