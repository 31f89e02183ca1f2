import { createRandom } from '@rewardedit/core';
import { describe, expect, it } from 'vitest';
import { pairedDifference, type Pair } from './paired-difference.ts';

/** Two runs on 30 photos of four edits each; the first is better by `gain`, with noise. */
function drawPairs(gain: number): Pair[] {
  const random = createRandom(8, 'pairs');
  return Array.from({ length: 120 }, (_, i) => {
    const base = 3 + random.normal();
    return { cluster: `${Math.floor(i / 4)}`, base, value: base + gain + 0.5 * random.normal() };
  });
}

describe('pairedDifference', () => {
  it('of a run with itself is exactly zero', () => {
    const pairs = drawPairs(1).map(({ cluster, base }) => ({ cluster, base, value: base }));
    expect(pairedDifference(pairs, { seed: 0 })).toEqual({
      mean: 0,
      interval: [0, 0],
      count: 120,
      clusters: 30,
      pValue: 1,
      larger: 0,
      equal: 120,
      smaller: 0,
    });
  });

  it('finds a difference that a comparison of the two means would not', () => {
    const { mean, interval, pValue, larger, smaller } = pairedDifference(drawPairs(0.25), { seed: 0 })!;
    expect(mean).toBeCloseTo(0.25, 0);
    expect(interval![0]).toBeGreaterThan(0);
    expect(pValue).toBeLessThan(0.001);
    expect(larger).toBeGreaterThan(smaller);
    expect(larger + smaller).toBe(120);
  });

  it('turns its sign with the order of the runs', () => {
    const pairs = drawPairs(0.25);
    const there = pairedDifference(pairs, { seed: 0 })!;
    const back = pairedDifference(
      pairs.map(({ cluster, value, base }) => ({ cluster, value: base, base: value })),
      { seed: 0 },
    )!;
    expect(back.mean).toBeCloseTo(-there.mean, 14);
    expect(back.interval![0]).toBeCloseTo(-there.interval![1], 12);
    expect([back.larger, back.smaller, back.pValue]).toEqual([there.smaller, there.larger, there.pValue]);
  });

  it('is null where the runs have nothing in common', () => {
    expect(pairedDifference([], { seed: 0 })).toBeNull();
  });
});
