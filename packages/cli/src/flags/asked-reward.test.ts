import { highestReward } from '@rewardedit/core';
import { describe, expect, test } from 'vitest';
import { askedReward } from './asked-reward.ts';

test('three fives are the highest reward, with its feedback', async () => {
  expect(await askedReward('5,5,5', [])).toEqual(highestReward());
});

test('scores are real numbers, and can be left out', async () => {
  expect(await askedReward('4.5, -, 0', [])).toEqual({
    scores: { following: 4.5, quality: 0 },
    feedback: {},
  });
});

test('feedback belongs to a perspective, and may contain any character', async () => {
  const { feedback } = await askedReward('1,1,1', ['preserving=a = b', 'quality=']);
  expect(feedback).toEqual({ preserving: 'a = b', quality: '' });
});

describe('explains what is wrong with', () => {
  test.each(['5,5', '5,5,5,5', '5,5,6', '5,5,-1', '5,5,', 'a,b,c', ''])('the scores %s', async (scores) => {
    await expect(askedReward(scores, [])).rejects.toMatchObject({ code: 'usage', where: '--scores' });
  });

  test.each([
    ['preservng=x', ['preserving']],
    ['nothing', []],
  ])('the feedback %s', async (feedback, suggestions) => {
    const error = { code: 'usage', where: '--feedback', suggestions };
    await expect(askedReward('5,5,5', [feedback])).rejects.toMatchObject(error);
  });
});
