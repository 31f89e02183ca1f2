import { PERSPECTIVES, type Perspective, type Reward, type Triplet } from '@rewardedit/core';
import { FOLLOWING_FAULTS, type FaultPlan, type FollowingFault } from './fault-plan.ts';
import type { QualityFault } from './quality-fault.ts';

/** A known fault of an edited picture. `degree`, 1 to 5, is how many of five points it costs. */
export type Fault = {
  readonly perspective: Perspective;
  readonly fault: FollowingFault | 'unrelated' | QualityFault;
  readonly degree: number;
  /** Description, one sentence. */
  readonly note: string;
};

const FOLLOWING_NOTES: Readonly<Record<FollowingFault, (doneInstead: string) => string>> = {
  ignored: () => 'The instruction was ignored.',
  wrong: (doneInstead) => `The instruction was misunderstood: ${doneInstead}.`,
  half: () => 'The edit was only half made.',
};
const HOW_MUCH = ['slightly', 'somewhat', 'clearly', 'heavily', 'extremely'] as const;
const QUALITY_NOTES: Readonly<Record<QualityFault, string>> = {
  blur: 'blurred',
  noise: 'noisy',
  blocks: 'blocky',
};

/** Unrequested edits, as clauses such as "the background was made teal". */
export type WhatWasDone = { readonly instead: string; readonly besides: string };

/** Lists the faults of a plan, with descriptions. */
export function faultsOf(plan: FaultPlan, done: WhatWasDone): Fault[] {
  const faults: Fault[] = [];
  if (plan.following !== undefined) {
    const { degree } = FOLLOWING_FAULTS[plan.following];
    const note = FOLLOWING_NOTES[plan.following](done.instead);
    faults.push({ perspective: 'following', fault: plan.following, degree, note });
  }
  if (plan.preserving !== undefined) {
    const { strength, degree } = plan.preserving;
    const howMuch = strength < 1 ? ` (${Math.round(strength * 100)} % visible)` : '';
    const note = `Not asked for: ${done.besides}${howMuch}.`;
    faults.push({ perspective: 'preserving', fault: 'unrelated', degree, note });
  }
  if (plan.quality !== undefined) {
    const { fault, degree } = plan.quality;
    const note = `The picture is ${HOW_MUCH[degree - 1]} ${QUALITY_NOTES[fault]}.`;
    faults.push({ perspective: 'quality', fault, degree, note });
  }
  return faults;
}

/** Computes the reward for known faults: five points less each fault's degree, with their descriptions as feedback. */
export function knownReward(faults: NonNullable<Triplet['faults']>): Reward {
  const scores: Partial<Record<Perspective, number>> = {};
  const feedback: Partial<Record<Perspective, string>> = {};
  for (const perspective of PERSPECTIVES) {
    const found = faults.filter((fault) => fault.perspective === perspective);
    scores[perspective] = Math.max(0, 5 - found.reduce((sum, fault) => sum + fault.degree, 0));
    if (found.length > 0) feedback[perspective] = found.map((fault) => fault.note).join(' ');
  }
  return { scores, feedback, judge: { name: 'known-faults', version: '1' } };
}
