import { createRandom } from '@rewardedit/core';

/** Up to this many clusters, all sign flips are enumerated. */
const MOST_EXACT_CLUSTERS = 14;
const FLIPS = 9999;
/** Tolerance for sums that are equal in exact arithmetic. */
const ROUNDING = 1e-12;

/**
 * Two-sided p-value of the hypothesis that the differences of a cluster are as likely to have either sign: the share of all flips
 * of the clusters' signs whose sum is at least as far from zero (SciPy's `permutation_test` with `permutation_type='samples'` on
 * the clusters' sums). Exact up to 14 clusters; beyond, from 9,999 random flips plus the observed one, so it is never zero.
 */
export function signFlipTest(sums: Float64Array, seed: number): number {
  const observed = Math.abs(sums.reduce((total, sum) => total + sum, 0));
  const threshold = observed - ROUNDING * sums.reduce((total, sum) => total + Math.abs(sum), 0);
  if (sums.length <= MOST_EXACT_CLUSTERS) {
    const ways = 2 ** sums.length;
    let extreme = 0;
    for (let way = 0; way < ways; way++) {
      const flipped = sums.reduce((total, sum, i) => total + ((way >> i) & 1 ? -sum : sum), 0);
      if (Math.abs(flipped) >= threshold) extreme += 1;
    }
    return extreme / ways;
  }
  const random = createRandom(seed, 'sign-flip-test');
  let extreme = 1;
  for (let flip = 0; flip < FLIPS; flip++) {
    let total = 0;
    let signs = 0;
    for (let i = 0; i < sums.length; i++) {
      if (i % 32 === 0) signs = random.uint32();
      total += (signs >>> (i % 32)) & 1 ? -sums[i] : sums[i];
    }
    if (Math.abs(total) >= threshold) extreme += 1;
  }
  return extreme / (FLIPS + 1);
}
