import { expect, it } from 'vitest';
import { formatCount, formatNumber } from './format.ts';

it.each([
  [5, '5'],
  [2.345678, '2.35'],
  [0, '0'],
  [-12.5, '-12.5'],
  [0.004, '4.00e-3'],
  [123_456.789, '123,456.79'],
  [1e300, '1.00e+300'],
])('formatNumber writes %d as %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

it('formatCount separates thousands', () => {
  expect(formatCount(100_000)).toBe('100,000');
});
