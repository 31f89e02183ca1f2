import { HIGHEST_SCORE } from '@rewardedit/core';

/** Bars of a histogram of scores: a quarter of a point each. */
export const HISTOGRAM_BARS = 20;

/** The bar that a score is in. */
export function barOf(score: number): number {
  return Math.min(HISTOGRAM_BARS - 1, Math.floor((score / HIGHEST_SCORE) * HISTOGRAM_BARS));
}
