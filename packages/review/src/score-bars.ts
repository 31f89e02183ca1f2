import { HIGHEST_SCORE } from '@rewardedit/core';

/** The number of bars in a histogram of scores: a quarter of a point each. */
export const HISTOGRAM_BARS = 20;

/** The index of a score's bar. */
export function barOf(score: number): number {
  return Math.min(HISTOGRAM_BARS - 1, Math.floor((score / HIGHEST_SCORE) * HISTOGRAM_BARS));
}
