import { expect, test } from 'vitest';
import { formatSpread } from './format-spread.ts';

test.each([
  [{ min: 5, mean: 25.7, max: 60 }, '5 to 60 characters, 26 on average'],
  [{ min: 7, mean: 7, max: 7.2 }, '7 characters'],
  [{}, 'none'],
])('%j is told as %s', (spread, text) => {
  expect(formatSpread(spread, (value) => value.toFixed(0), 'characters')).toBe(text);
});
