import { expect, it } from 'vitest';
import { difference } from './difference.ts';

it('shows the distance of each channel times the gain, and says how many pixels differ visibly', () => {
  const a = Uint8ClampedArray.of(10, 20, 30, 255, 0, 0, 0, 255);
  const b = Uint8ClampedArray.of(10, 20, 33, 255, 100, 0, 6, 0);
  const { data, mean, changed } = difference(a, b, 4);
  // Transparency is not compared: both pictures lie on white.
  expect([...data]).toEqual([0, 0, 12, 255, 255, 0, 24, 255]);
  expect(mean).toBeCloseTo((3 + 100 + 6) / 6);
  expect(changed).toBe(0.5);
});
