import { expect, test } from 'vitest';
import { erf } from './erf.ts';

// From the C library's erf (Abramowitz and Stegun, table 7.1, has the first ten digits).
test.each([
  [0, 0],
  [0.1, 0.1124629160182849],
  [0.5, 0.5204998778130465],
  [1, 0.8427007929497149],
  [1.5, 0.9661051464753108],
  [2, 0.9953222650189527],
  [2.5, 0.999593047982555],
  [3, 0.9999779095030014],
  [4, 0.9999999845827421],
  [Infinity, 1],
])('erf(%d) = %d, and odd', (x, expected) => {
  expect(Math.abs(erf(x) - expected)).toBeLessThan(2e-16 + 1e-15 * expected);
  expect(erf(-x)).toBe(-erf(x));
});

test('equals the integral of its derivative, also across the seam at 2.5', () => {
  for (const [from, to] of [
    [0, 1],
    [-2, 0.5],
    [2, 3],
    [2.499, 2.501],
  ]) {
    const steps = 2000;
    const width = (to - from) / steps;
    let integral = 0;
    // Simpson's rule.
    for (let i = 0; i <= steps; i++) {
      const weight = i === 0 || i === steps ? 1 : 2 + 2 * (i % 2);
      integral += (weight * Math.exp(-((from + i * width) ** 2)) * width) / 3;
    }
    expect(erf(to) - erf(from)).toBeCloseTo((2 / Math.sqrt(Math.PI)) * integral, 12);
  }
});
