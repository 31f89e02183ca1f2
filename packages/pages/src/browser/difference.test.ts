import { expect, it } from 'vitest';
import { difference } from './difference.ts';

it('returns the difference of each channel times the gain, and the share of pixels that differ visibly', () => {
  const a = Uint8ClampedArray.of(10, 20, 30, 255, 0, 0, 0, 255);
  const b = Uint8ClampedArray.of(10, 20, 33, 255, 100, 0, 6, 0);
  const { data, mean, changed } = difference(a, b, 4);
  // Alpha is not compared: both pictures are put on white.
  expect([...data]).toEqual([0, 0, 12, 255, 255, 0, 24, 255]);
  expect(mean).toBeCloseTo((3 + 100 + 6) / 6);
  expect(changed).toBe(0.5);
});
