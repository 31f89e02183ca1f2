import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PERSPECTIVES } from './perspectives.ts';
import { NOTHING_FAILED, highestReward, lowestReward, rewardSchema, type Reward } from './reward.ts';
import { tripletSchema } from './triplet.ts';

describe('rewardSchema', () => {
  it('keeps any reward through JSON, without filling in missing scores', () => {
    const scores = fc.record(
      Object.fromEntries(
        PERSPECTIVES.map((perspective) => [perspective, fc.double({ min: 0, max: 5, noNaN: true })]),
      ),
      { requiredKeys: [] },
    );
    const feedback = fc.record(
      Object.fromEntries(PERSPECTIVES.map((perspective) => [perspective, fc.string()])),
      { requiredKeys: [] },
    );
    const judge = fc.record({
      name: fc.string(),
      version: fc.string(),
      passes: fc.nat(),
      strict: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.record({ scores, feedback, judge }, { requiredKeys: ['scores', 'feedback'] }),
        (made) => {
          const reward: Reward = JSON.parse(JSON.stringify(made)) as Reward;
          expect(rewardSchema.parse(reward)).toEqual(reward);
        },
      ),
    );
  });

  it.each([
    { scores: { following: 5.1 }, feedback: {} },
    { scores: { following: -0.1 }, feedback: {} },
    { scores: { following: null }, feedback: {} },
    { scores: { beauty: 3 }, feedback: {} },
    { scores: {}, feedback: { quality: 3 } },
    { scores: {}, feedback: {}, judge: { name: 'oracle' } },
    { scores: {} },
  ])('refuses %j', (reward) => {
    expect(rewardSchema.safeParse(reward).success).toBe(false);
  });
});

it('the highest and lowest rewards have every score, and only the highest has feedback', () => {
  for (const [reward, score] of [
    [highestReward(), 5],
    [lowestReward(), 0],
    [lowestReward(1), 1],
  ] as const) {
    expect(rewardSchema.parse(reward)).toEqual(reward);
    expect(PERSPECTIVES.map((perspective) => reward.scores[perspective])).toEqual([score, score, score]);
    const said = score === 5 ? [NOTHING_FAILED, NOTHING_FAILED, NOTHING_FAILED] : [];
    expect(Object.values(reward.feedback)).toEqual(said);
  }
});

describe('tripletSchema', () => {
  const triplet = { id: 'a', instruction: 'make it red', original: 'o.png', edited: 'e.png' };

  it('requires only id, instruction and two pictures', () => {
    expect(tripletSchema.parse(triplet)).toEqual(triplet);
    expect(tripletSchema.parse({ ...triplet, kind: 'style', truth: 't.png', other: 1 })).toEqual({
      ...triplet,
      kind: 'style',
      truth: 't.png',
    });
  });

  it.each([{ id: '' }, { edited: '' }, { kind: 'colour' }, { truth: null }, { reward: { scores: {} } }])(
    'refuses %j',
    (change) => {
      expect(tripletSchema.safeParse({ ...triplet, ...change }).success).toBe(false);
    },
  );
});
