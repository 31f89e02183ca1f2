import { describe, expect, it } from 'vitest';
import { signFlipTest } from './sign-flip-test.ts';

// Expected values: scipy 1.17, permutation_test((d,), sum, permutation_type='samples'), exact for the short ones, from 999,999
// resamples for the long one.
const SHORT = [1.5, -0.5, 2, 0.75, -0.25, 1, 0, 3];
const MIDDLE = [0.2, -0.3, 0.1, 0.4, -0.6, 0.5, 0.3, -0.1, 0.9, -0.2, 0.05, 0.15];
const LONG = [
  0.596, 1.072, 0.58, -1.053, 1.155, 0.696, -0.287, 0.831, 0.615, 0.544, 0.278, 0.797, -0.486, 0.087, -0.232,
  0.849, 0.29, -0.042, -0.532, -0.007, 0.258, -0.026, 1.544, 1.257, -2.461, -1.639, 0.075, -0.172, 0.464,
  0.467, 2.368, -0.862, -0.128, 2.293, 0.897, 0.913, -0.264, -1.398, 0.417, 0.359,
];

describe('signFlipTest', () => {
  it("equals SciPy's exact test", () => {
    expect(signFlipTest(Float64Array.from(SHORT), 0)).toBe(0.078125);
    expect(signFlipTest(Float64Array.from(MIDDLE), 0)).toBe(0.35205078125);
  });

  it("comes near SciPy's with random flips, where there are too many for all", () => {
    expect(Math.abs(signFlipTest(Float64Array.from(LONG), 0) - 0.098174)).toBeLessThan(0.01);
  });

  it('is never zero, and 1 where there is no difference', () => {
    expect(signFlipTest(new Float64Array(40).fill(1), 0)).toBe(1 / 10_000);
    expect(signFlipTest(new Float64Array(5), 0)).toBe(1);
    expect(signFlipTest(new Float64Array(40), 0)).toBe(1);
  });
});
