import { RewardEditError, type Reward } from '@rewardedit/core';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { SourceRow } from '../formats/rows/source-triplet.ts';
import { blankPicture, encodePng } from '../pictures/index.ts';
import { rewardStatistics, summarizeScores } from './reward-statistics.ts';
import { createCorrelation, createRunning, createTally } from './running.ts';

async function* rows(all: readonly (Reward | undefined | 'unusable')[]): AsyncGenerator<SourceRow> {
  for (const [i, reward] of all.entries()) {
    const id = `t${i}`;
    if (reward === 'unusable') yield { id, where: 'x', unusable: 'y' };
    else {
      const kind = i % 2 === 0 ? ('style' as const) : undefined;
      yield {
        record: {
          id,
          instruction: '',
          ...(kind !== undefined && { kind }),
          ...(reward !== undefined && { reward }),
        },
        extra: {},
        pictures: { original: fail, edited: fail },
        where: 'x',
      };
    }
  }
}
const fail = () => Promise.reject(new RewardEditError('bad-input', 'there is no picture'));
const reward = (following?: number, preserving?: number, text?: string): Reward => ({
  scores: { ...(following !== undefined && { following }), ...(preserving !== undefined && { preserving }) },
  feedback: text === undefined ? {} : { following: text },
});

describe('rewardStatistics', () => {
  it('counts present and missing scores separately', async () => {
    const found = await rewardStatistics(
      rows([reward(1, 5, 'b'), reward(2, 4, 'a'), 'unusable', reward(3, 3, 'a'), reward(4.26), undefined]),
    );
    expect(found).toMatchObject({ triplets: 5, unusable: 1 });
    expect(found.scores.following).toMatchObject({ count: 4, missing: 1, mean: 2.565 });
    expect(found.scores.preserving).toMatchObject({ count: 3, missing: 2, mean: 4 });
    expect(found.scores.preserving.deviation).toBeCloseTo(Math.sqrt(2 / 3), 12);
    expect(found.scores.quality).toEqual({ count: 0, missing: 5 });
    expect(found.histograms.following).toEqual([0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0]);
    expect(found.correlations).toEqual([
      { between: ['following', 'preserving'], count: 3, correlation: -1 },
      { between: ['following', 'quality'], count: 0 },
      { between: ['preserving', 'quality'], count: 0 },
    ]);
    expect(found.feedback.following).toEqual([
      { text: 'a', count: 2 },
      { text: 'b', count: 1 },
    ]);
    expect(found.kinds).toMatchObject({
      style: { triplets: 2 },
      none: { triplets: 3, following: { count: 2 } },
    });
  });

  it('compares the sizes and shapes of the first pairs on request', async () => {
    const picture = async (width: number, height: number) => encodePng(blankPicture(width, height));
    const pairs = [
      [picture(8, 4), picture(8, 4)],
      [picture(8, 4), picture(16, 8)],
      [picture(8, 4), picture(4, 8)],
      [fail(), fail()],
      [picture(8, 4), picture(1, 1)],
    ];
    for (const pair of pairs) for (const read of pair) read.catch(() => undefined);
    async function* triplets(): AsyncGenerator<SourceRow> {
      for (const [i, [original, edited]] of pairs.entries()) {
        const record = { id: `t${i}`, instruction: 'x' };
        yield { record, extra: {}, pictures: { original: () => original, edited: () => edited }, where: 'x' };
      }
    }
    expect((await rewardStatistics(triplets(), { pairs: 4 })).pairs).toEqual({
      ...{ compared: 3, otherSize: 2, otherShape: 1 },
    });
    expect((await rewardStatistics(triplets())).pairs).toBeUndefined();
  });

  it('has no means without scores', async () => {
    const found = await rewardStatistics(rows([]));
    expect(found.scores.following).toEqual({ count: 0, missing: 0 });
    expect(found.kinds).toEqual({});
  });
});

describe('running numbers', () => {
  const numbers = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1 });

  it('equal those computed from all numbers at once', () => {
    fc.assert(
      fc.property(numbers, (all) => {
        const running = createRunning();
        for (const value of all) running.add(value);
        const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
        const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length;
        const { mean: found, deviation, min, max } = running.summary();
        expect(found).toBeCloseTo(mean, 9);
        expect(deviation! ** 2).toBeCloseTo(variance, 6);
        expect([min, max]).toEqual([Math.min(...all), Math.max(...all)]);
      }),
    );
  });

  it('have the right correlation', () => {
    const pairs = createCorrelation();
    for (const [x, y] of [
      [1, 2],
      [2, 1],
      [3, 4],
      [4, 3],
    ])
      pairs.add(x, y);
    expect(pairs.summary()).toEqual({ count: 4, correlation: 0.6 });
    const flat = createCorrelation();
    for (const x of [1, 2, 3]) flat.add(x, 5);
    expect(flat.summary()).toEqual({ count: 3 });
  });

  it('count a limited number of different texts, and all others together', () => {
    const tally = createTally(2);
    for (const text of ['b', 'a', '__proto__', 'a', 'b', 'c']) tally.add(text);
    expect(tally.top(5)).toEqual([
      ['a', 2],
      ['b', 2],
    ]);
    expect(tally.others()).toBe(2);
  });
});

test('summarizeScores returns mean, deviation, count and missing scores', async () => {
  const rewards = [{ following: 1, preserving: 2 }, { following: 3 }, { following: 5 }].map((scores) => ({
    scores,
    feedback: {},
  }));
  const { following, preserving, quality } = await summarizeScores(rewards, 4);
  expect(following).toEqual({ mean: 3, deviation: Math.sqrt(8 / 3), count: 3, missing: 1 });
  expect(preserving).toEqual({ mean: 2, deviation: 0, count: 1, missing: 3 });
  expect(quality).toEqual({ count: 0, missing: 4 });
});
