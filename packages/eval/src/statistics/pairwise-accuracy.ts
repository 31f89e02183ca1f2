import type { PairCounts } from './pair-counts.ts';

export type PairwiseAccuracy = {
  /** Null where there is no pair to decide. */
  readonly value: number | null;
  /** Pairs whose values differ on the reference's side. */
  readonly pairs: number;
};

/**
 * Of the pairs of which the reference (x) says that one item is better, the share for which the judge (y) says the same.
 * Where the judge sees no difference it would have to toss a coin, so such a pair counts one half. Given the counts of
 * several sets of items, no pair is made across sets.
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
