import type { Reward } from '@rewardedit/core';
import { expect, test } from 'vitest';
import { scoreStatistics } from './score-statistics.ts';

const reward = (scores: Reward['scores']): Reward => ({ scores, feedback: {} });

test('mean, spread and number of scores; what is not there is missing', async () => {
  const rewards = [
    reward({ following: 1, preserving: 2 }),
    reward({ following: 3 }),
    reward({ following: 5 }),
  ];
  const { following, preserving, quality } = await scoreStatistics(rewards, 4);
  expect(following).toEqual({ mean: 3, deviation: Math.sqrt(8 / 3), count: 3, missing: 1 });
  expect(preserving).toEqual({ mean: 2, deviation: 0, count: 1, missing: 3 });
  expect(quality).toEqual({ count: 0, missing: 4 });
});
