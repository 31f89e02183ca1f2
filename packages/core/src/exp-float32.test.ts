import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { expFloat32 } from './exp-float32.ts';

it('equals exp in float32, to one unit in the last place', () => {
  fc.assert(
    fc.property(fc.float({ min: -87, max: 87, noNaN: true }), (x) => {
      const value = expFloat32(x);
      expect(Math.fround(value)).toBe(value);
      expect(Math.abs(value / Math.exp(x) - 1)).toBeLessThanOrEqual(2 ** -23);
    }),
    { numRuns: 2000 },
  );
  expect(expFloat32(0)).toBe(1);
});
