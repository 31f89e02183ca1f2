import type { Rewrites } from '@rewardedit/core';
import type { Judge, Judgement } from '../judges/judge.ts';
import type { RewriteChoice } from '../protocols/rewrites.ts';

/**
 * Creates a judge that returns the instructions that the maker of a triplet noted: what the pair really shows, and wrong ones. It needs no
 * model, and answers only for triplets made by `data scenes --rewrites`. It shows what rectified instructions are worth if they are
 * certainly right.
 */
export function createRewriteOracle({ rectify, contrast }: RewriteChoice): Judge {
  return {
    name: 'oracle',
    version: `rewrites-1-${rectify ? 'rectify' : 'as-given'}-${contrast}`,
    needsRewrites: true,
    judge: async ({ triplet: { rewrites } }): Promise<Judgement> => {
      const { rectified, wrong = [] } = rewrites ?? {};
      if (rectify && rectified === undefined) return { missing: 'what the pair really shows is not known' };
      if (wrong.length < contrast)
        return { missing: `only ${wrong.length} of ${contrast} wrong instructions are known` };
      const known: Rewrites = {
        ...(rectify && { rectified: rectified! }),
        ...(contrast > 0 && { wrong: wrong.slice(0, contrast) }),
      };
      return { reward: { scores: {}, feedback: {} }, rewrites: known };
    },
  };
}
