import { expect, test } from 'vitest';
import { medianInterval, pairChanges, type Block } from './blocks.ts';

/** Consecutive steps of these lengths in milliseconds. */
function stepsOf(lengths: readonly number[], from = 0) {
  let endedAt = from;
  return lengths.map((milliseconds) => ({ milliseconds, endedAt: (endedAt += milliseconds) }));
}

const block = (pair: number, hasScreen: boolean, from: number, to: number): Block => ({
  ...{ pair, hasScreen, from, to },
});

test('compares the means of neighbouring blocks, in either order', () => {
  const steps = [...stepsOf([100, 100, 100, 100]), ...stepsOf([110, 110, 110, 110], 400)];
  for (const first of [true, false]) {
    const [{ change }] = pairChanges([block(0, !first, 0, 400), block(0, first, 400, 840)], steps);
    expect(change).toBeCloseTo(first ? 0.1 : 1 / 1.1 - 1);
  }
});

test('counts a single much longer step, unlike a median', () => {
  const steps = [...stepsOf([100, 100, 100, 100, 100]), ...stepsOf([100, 100, 180, 100, 100], 500)];
  const [{ change }] = pairChanges([block(0, false, 0, 500), block(0, true, 500, 1080)], steps);
  expect(change).toBeCloseTo(0.2);
});

test('assigns a step across a border to neither block, and drops pairs with too few steps', () => {
  const steps = stepsOf([100, 100, 100, 100, 300, 100, 100, 100, 100]);
  const blocks = [block(0, false, 0, 500), block(0, true, 500, 1100), block(1, false, 1100, 2000)];
  expect(pairChanges(blocks, steps)).toEqual([{ pair: 0, without: 100, with: 100, change: 0 }]);
});

test('uses the sign test for the interval of a median, which an outlier does not move', () => {
  const values = Array.from({ length: 25 }, (_, i) => i + 1);
  // Of 25 coin tosses, 7 or fewer are heads with P = 0.0216, 8 or fewer with 0.0539.
  expect(medianInterval(values)).toEqual({ median: 13, interval: [8, 18] });
  expect(medianInterval([...values.slice(0, 24), 1e9])).toEqual({ median: 13, interval: [8, 18] });
  expect(medianInterval([3, 1, 2, 4])).toEqual({ median: 2.5, interval: null });
});
