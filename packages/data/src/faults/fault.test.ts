import { createRandom } from '@rewardedit/core';
import { describe, expect, it } from 'vitest';
import { faultsOf, knownReward } from './fault.ts';
import { FAULT_RATE, planFaults } from './fault-plan.ts';

describe('planFaults', () => {
  const random = createRandom(1, 'plans');
  const plans = Array.from({ length: 20_000 }, () => planFaults(random, FAULT_RATE));
  const faulty = plans.filter((plan) => Object.keys(plan).length > 0);
  const share = (test: (plan: (typeof plans)[number]) => boolean) =>
    faulty.filter(test).length / faulty.length;

  it('spoils the given share of triplets', () => {
    expect(faulty.length / plans.length).toBeCloseTo(0.6, 1);
    expect(planFaults(createRandom(1, 'none'), 0)).toEqual({});
    expect(Object.keys(planFaults(createRandom(1, 'all'), 1)).length).toBeGreaterThan(0);
  });

  it('spoils each perspective equally often, at least one', () => {
    // 0.45 each, given that not all three are spared.
    const expected = 0.45 / (1 - 0.55 ** 3);
    expect(share((plan) => plan.following !== undefined)).toBeCloseTo(expected, 1);
    expect(share((plan) => plan.preserving !== undefined)).toBeCloseTo(expected, 1);
    expect(share((plan) => plan.quality !== undefined)).toBeCloseTo(expected, 1);
  });

  it('uses every fault and degree', () => {
    expect(new Set(faulty.map((plan) => plan.following))).toEqual(
      new Set([undefined, 'ignored', 'wrong', 'half']),
    );
    expect(new Set(faulty.map((plan) => plan.preserving?.strength))).toEqual(
      new Set([undefined, 0.4, 0.7, 1]),
    );
    expect(new Set(faulty.flatMap((plan) => plan.quality?.degree ?? []))).toEqual(new Set([1, 2, 3, 4, 5]));
    expect(new Set(faulty.flatMap((plan) => plan.quality?.fault ?? []))).toEqual(
      new Set(['blur', 'noise', 'blocks']),
    );
  });
});

describe('knownReward', () => {
  it('subtracts the cost of each fault and describes it', () => {
    const faults = faultsOf(
      { following: 'wrong', preserving: { strength: 0.4, degree: 2 }, quality: { fault: 'blur', degree: 4 } },
      { instead: 'the red circle was removed', besides: 'the background was made teal' },
    );
    expect(knownReward(faults)).toMatchObject({
      scores: { following: 1, preserving: 3, quality: 1 },
      feedback: {
        following: 'The instruction was misunderstood: the red circle was removed.',
        preserving: 'Not asked for: the background was made teal (40 % visible).',
        quality: 'The picture is heavily blurred.',
      },
    });
  });

  it('has the highest scores without faults', () => {
    expect(knownReward([])).toMatchObject({
      scores: { following: 5, preserving: 5, quality: 5 },
      feedback: {},
    });
  });
});
