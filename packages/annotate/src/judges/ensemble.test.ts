import type { Perspective, Reward } from '@rewardedit/core';
import { expect, it } from 'vitest';
import type { Judge, JudgedTriplet, Judgement } from './judge.ts';
import { createEnsemble, type Member } from './ensemble.ts';

const triplet = {} as JudgedTriplet;
const context = { signal: new AbortController().signal, cancel: new AbortController().signal };

const weights = (following = 1, preserving = 1, quality = 1): Record<Perspective, number> => ({
  following,
  preserving,
  quality,
});
const member = (name: string, judgement: Judgement, own = weights()): Member => ({
  judge: { name, version: '1', judge: () => Promise.resolve(judgement) },
  weights: own,
});
const scored = (following: number, preserving: number, quality: number, text: string): Judgement => ({
  reward: {
    scores: { following, preserving, quality },
    feedback: { following: text, preserving: text, quality: text },
  },
});
const judge = (...members: Member[]) => createEnsemble(members, 'v').judge(triplet, context);

it('returns weighted means and deviations, and the text of the judge with the largest weight', async () => {
  const a = member('a', scored(1, 2, 0, 'A'), weights(1, 3, 1));
  const b = member('b', scored(5, 4, 5, 'B'), weights(3, 1, 0));
  expect(await judge(a, b)).toEqual({
    reward: {
      scores: { following: 4, preserving: 2.5, quality: 0 },
      spread: { following: Math.sqrt(3), preserving: Math.sqrt(0.75), quality: 0 },
      feedback: { following: 'B', preserving: 'A', quality: 'A' },
    } satisfies Reward,
    measures: {
      'a.following': 1,
      'a.preserving': 2,
      'a.quality': 0,
      'b.following': 5,
      'b.preserving': 4,
      'b.quality': 5,
    },
  });
});

it("with one judge returns that judge's answer", async () => {
  const { reward } = await judge(member('a', scored(1, 2, 3, 'A'), weights(0.1, 2, 7)));
  expect(reward!.scores).toEqual({ following: 1, preserving: 2, quality: 3 });
  expect(reward!.spread).toEqual({ following: 0, preserving: 0, quality: 0 });
});

it('has no score if a judge with a weight has none, and says which and why', async () => {
  const without: Judgement = {
    reward: { scores: { following: 1, quality: 2 }, feedback: {} },
    missing: 'preserving: refused',
    replies: ['No.'],
  };
  const nothing: Judgement = { missing: 'timeout', replies: ['x'] };
  const good = member('a', scored(5, 5, 5, 'A'));
  expect(await judge(good, member('b', without))).toMatchObject({
    reward: { scores: { following: 3, quality: 3.5 } },
    missing: 'detail preserving: b: preserving: refused',
    replies: ['No.'],
  });
  expect(await judge(good, member('b', nothing, weights(1, 0, 0)))).toMatchObject({
    reward: { scores: { preserving: 5, quality: 5 } },
    missing: 'instruction following: b: timeout',
  });
  const none = await judge(good, member('b', nothing));
  expect(none.reward).toBeUndefined();
  expect(none).toMatchObject({ missing: expect.stringContaining('b: timeout'), replies: ['x'] });
});

it('has no score if no judge has a weight, but asks all for their own scores', async () => {
  const answer = await judge(member('a', scored(1, 2, 3, 'A'), weights(1, 1, 0)));
  expect(answer).toMatchObject({
    missing: 'generation quality: no judge has a weight for it',
    measures: { 'a.quality': 3 },
  });
  expect(answer.reward!.scores).toEqual({ following: 1, preserving: 2 });
});

it('uses the text of another judge if the one with the largest weight has none', async () => {
  const silent: Judgement = { reward: { scores: { following: 1, preserving: 1, quality: 1 }, feedback: {} } };
  const { reward } = await judge(member('a', silent, weights(9, 9, 9)), member('b', scored(2, 2, 2, 'B')));
  expect(reward!.feedback).toEqual({ following: 'B', preserving: 'B', quality: 'B' });
  const { reward: bare } = await judge(member('a', silent));
  expect(bare!.feedback).toEqual({});
});

it('distinguishes the scores of judges with the same name', async () => {
  const { measures } = (await judge(
    member('a', scored(1, 1, 1, '')),
    member('b', scored(2, 2, 2, '')),
    member('a', scored(3, 3, 3, '')),
  )) as Extract<Judgement, { reward: Reward }>;
  expect([measures!['a#1.quality'], measures!['b.quality'], measures!['a#2.quality']]).toEqual([1, 2, 3]);
  expect(Object.keys(measures!)).toHaveLength(9);
});

it('waits for all judges if one ends the run', async () => {
  let ended = false;
  const failing: Judge = {
    name: 'a',
    version: '1',
    judge: async () => {
      throw new Error('the budget is used up');
    },
  };
  const slow: Judge = {
    name: 'b',
    version: '1',
    async judge() {
      await new Promise((resolve) => setTimeout(resolve, 20));
      ended = true;
      return scored(1, 1, 1, '');
    },
  };
  const both = [failing, slow].map((each) => ({ judge: each, weights: weights() }));
  await expect(judge(...both)).rejects.toThrow('the budget is used up');
  expect(ended).toBe(true);
});
