import { createRandom } from '@rewardedit/core';
import { expect, test } from 'vitest';
import type { Ratings, Rater } from '../agreement/ratings.ts';
import { calibrate, countCalibrationResamples, LEAST_TASKS } from './calibrate.ts';

const rater = (name: string, values: readonly number[]): Rater => ({
  name,
  values: () => Float64Array.from(values),
});

function ratingsOf(judge: readonly number[], reference: readonly number[]): Ratings {
  const count = judge.length;
  const comparison = { judge: rater('j', judge), reference: rater('r', reference), raters: [] };
  return {
    items: {
      count,
      groups: ['all'],
      group: new Int32Array(count),
      task: Int32Array.from({ length: count }, (_, i) => i >> 1),
      tasks: count >> 1,
    },
    perspectives: ['p'],
    categories: [0, 1],
    comparisons: [comparison],
    strict: false,
    incomplete: {},
    costs: [],
  };
}

const random = createRandom(1, 'test');
const SCORES = Array.from({ length: 200 }, () => random.integer(6));

test("corrects a judge that halves people's scores, on tasks that the map was not fitted to", async () => {
  const ratings = ratingsOf(
    SCORES.map((score) => score / 2),
    SCORES,
  );
  let told = 0;
  const { perspectives } = await calibrate(ratings, ratings.comparisons[0], {
    resamples: 50,
    onResample: (done) => (told = done),
  });
  const { before, heldOut, difference, map, n, tasks } = perspectives['p'];
  expect([n, tasks]).toEqual([200, 100]);
  expect(before.meanAbsoluteError.value).toBeGreaterThan(1);
  expect(heldOut.meanAbsoluteError.value).toBeCloseTo(0, 12);
  expect(heldOut.alpha.value).toBeCloseTo(1, 12);
  expect(difference.meanAbsoluteError.value).toBeCloseTo(-before.meanAbsoluteError.value!, 12);
  expect(difference.meanAbsoluteError.interval!.high).toBeLessThan(0);
  expect(map).toEqual({ x: [0, 0.5, 1, 1.5, 2, 2.5], y: [0, 1, 2, 3, 4, 5] });
  expect(told).toBe(countCalibrationResamples(ratings, 50));
});

test('finds random scores worthless when held out, whatever a map fitted to them suggests', async () => {
  const noise = SCORES.map(() => random.integer(1000) / 200);
  const ratings = ratingsOf(noise, SCORES);
  const { perspectives } = await calibrate(ratings, ratings.comparisons[0], { resamples: 0 });
  expect(Math.abs(perspectives['p'].heldOut.spearman.value!)).toBeLessThan(0.2);
});

test('does not fit too few tasks', async () => {
  const few = Array.from({ length: 2 * LEAST_TASKS - 2 }, (_, i) => i % 6);
  const ratings = ratingsOf(few, few);
  expect((await calibrate(ratings, ratings.comparisons[0], { resamples: 0 })).perspectives).toEqual({});
});
