import { expect, it } from 'vitest';
import { holm } from './holm.ts';

it('multiplies the smallest by their number, the next by one less, and never decreases', () => {
  // By hand: 5 x .005, 4 x .01, 3 x .03; 2 x .04 is less than its predecessor.
  const corrected = holm([0.01, 0.04, 0.03, 0.005, 0.8]);
  for (const [i, value] of [0.04, 0.09, 0.09, 0.025, 0.8].entries())
    expect(corrected[i]).toBeCloseTo(value, 14);
  expect(holm([0.6, 0.7])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});
