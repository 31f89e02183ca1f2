import { expect, test } from 'vitest';
import { addCount, rateOf, type Pace } from './pace.ts';

const paceOf = (counts: readonly (readonly [count: number, seconds: number])[]) =>
  counts.reduce<Pace>((pace, [count, seconds]) => addCount(pace, count, seconds * 1000), []);

test('has no rate before something was counted', () => {
  expect(rateOf([])).toBeUndefined();
  expect(rateOf(paceOf([[40, 0]]))).toBeUndefined();
});

test('does not count the baseline', () => {
  expect(
    rateOf(
      paceOf([
        [1000, 10],
        [1020, 12],
      ]),
    ),
  ).toBe(10);
});

test('forgets counts older than the window', () => {
  const fast = Array.from({ length: 61 }, (_, second) => [second * 100, second] as const);
  const slow = Array.from({ length: 60 }, (_, i) => [6001 + i, 61 + i] as const);
  expect(rateOf(paceOf([...fast, ...slow]))).toBeCloseTo(1);
});

test('measures slow work from one item to the next', () => {
  expect(
    rateOf(
      paceOf([
        [0, 0],
        [1, 40],
        [2, 60],
      ]),
    ),
  ).toBeCloseTo(1 / 20);
});

test('is exact with more counts than it keeps', () => {
  const pace = paceOf(Array.from({ length: 10_001 }, (_, i) => [i, i / 1000] as const));
  expect(rateOf(pace)).toBeCloseTo(1000, 0);
  expect(pace.length).toBeLessThan(200);
});
