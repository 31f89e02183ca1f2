import type { Random } from '@rewardedit/core';
import { QUALITY_FAULTS, type QualityFault } from './quality-fault.ts';

/** Default share of triplets with at least one fault. */
export const FAULT_RATE = 0.6;
/** Probability that a perspective is at fault in a faulty triplet (conditional on at least one). */
const PERSPECTIVE_RATE = 0.45;

/** Ways not to follow an instruction: how many of five points each costs, and its share. */
export const FOLLOWING_FAULTS = {
  ignored: { degree: 5, share: 0.45 },
  wrong: { degree: 4, share: 0.4 },
  half: { degree: 2, share: 0.15 },
} as const satisfies Record<string, { degree: number; share: number }>;
export type FollowingFault = keyof typeof FOLLOWING_FAULTS;

/** Strengths at which an unrelated edit is blended in, and how many of five points each costs. */
export const UNRELATED_STRENGTHS = [
  { strength: 0.4, degree: 2 },
  { strength: 0.7, degree: 3 },
  { strength: 1, degree: 5 },
] as const;

/** The faults of a triplet and their strengths. A triplet without any of the three is faultless. */
export type FaultPlan = {
  readonly following?: FollowingFault;
  readonly preserving?: { readonly strength: number; readonly degree: number };
  readonly quality?: { readonly fault: QualityFault; readonly degree: number };
};

/** Draws the faults of a triplet: with probability `rate`, at least one perspective is at fault. */
export function planFaults(
  random: Random,
  rate: number,
  qualityFaults: readonly QualityFault[] = QUALITY_FAULTS,
): FaultPlan {
  if (random.uniform() >= rate) return {};
  let following: boolean;
  let preserving: boolean;
  let quality: boolean;
  do {
    following = random.uniform() < PERSPECTIVE_RATE;
    preserving = random.uniform() < PERSPECTIVE_RATE;
    quality = random.uniform() < PERSPECTIVE_RATE;
  } while (!following && !preserving && !quality);
  return {
    ...(following && { following: pickFollowingFault(random) }),
    ...(preserving && { preserving: random.pick(UNRELATED_STRENGTHS) }),
    ...(quality && { quality: { fault: random.pick(qualityFaults), degree: 1 + random.integer(5) } }),
  };
}

function pickFollowingFault(random: Random): FollowingFault {
  const at = random.uniform();
  const { ignored, wrong } = FOLLOWING_FAULTS;
  if (at < ignored.share) return 'ignored';
  return at < ignored.share + wrong.share ? 'wrong' : 'half';
}
