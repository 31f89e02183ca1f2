import type { PairCounts } from './pair-counts.ts';

export type PairwiseAccuracy = {
  /** Null if there are no such pairs. */
  readonly value: number | null;
  /** Pairs that the reference does not tie. */
  readonly pairs: number;
};

/**
 * Of the pairs that the reference (x) decides, the share that the judge (y) orders the same way. A tie of the judge counts one
 * half, as a coin toss would. With several sets of items, pairs are counted within sets only.
 */
export function pairwiseAccuracy(sets: Iterable<PairCounts>): PairwiseAccuracy {
  let decided = 0;
  let right = 0;
  for (const { pairs, tiedX, tiedY, tiedBoth, concordant } of sets) {
    decided += pairs - tiedX;
    right += concordant + (tiedY - tiedBoth) / 2;
  }
  return { value: decided === 0 ? null : right / decided, pairs: decided };
}
