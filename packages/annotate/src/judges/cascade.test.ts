import { PERSPECTIVES } from '@rewardedit/core';
import { describe, expect, it, vi } from 'vitest';
import { NOTHING_TAKEN, type Spent } from '../language-model/spending/spent.ts';
import { createCascade } from './cascade.ts';
import type { Judge, JudgeContext, Judgement, JudgedTriplet } from './judge.ts';

const all = <T>(value: T) => Object.fromEntries(PERSPECTIVES.map((name) => [name, value]));
const says = (score: number, spread = 0): Judgement => ({
  reward: { scores: all(score), feedback: {}, spread: all(spread) },
});
function judgeThatSays(name: string, judgement: Judgement) {
  const judge = vi.fn<Judge['judge']>(async () => judgement);
  return { name, version: '1', judge };
}
const ask = async (judge: Judge) => judge.judge({} as JudgedTriplet, {} as JudgeContext);

describe('createCascade', () => {
  it('stops at the first stage if it is sure', async () => {
    const [small, large] = [judgeThatSays('small', says(2, 0.5)), judgeThatSays('large', says(4))];
    const judgement = await ask(createCascade([{ judge: small, spread: 0.5 }, { judge: large }], 'v'));
    expect(judgement).toMatchObject({ ...says(2, 0.5), measures: { 'cascade.stages': 1 } });
    expect(judgement.spent!.stages).toEqual([{ judge: 'small', ...NOTHING_TAKEN }]);
    expect(large.judge).not.toHaveBeenCalled();
  });

  it('asks the next stage if scores spread, and keeps the scores of the first', async () => {
    const stages = [
      { judge: judgeThatSays('small', says(2, 0.6)), spread: 0.5 },
      { judge: judgeThatSays('large', says(4)) },
    ];
    const judgement = await ask(createCascade(stages, 'v'));
    expect(judgement.reward!.scores).toEqual(all(4));
    expect(judgement.measures).toEqual({
      'cascade.stages': 2,
      ...Object.fromEntries(PERSPECTIVES.map((name) => [`1:small.${name}`, 2])),
    });
  });

  it.each([
    [3, 2],
    [3.5, 3],
  ])('asks a third stage if the second says %d and the first said 2', async (second, count) => {
    const third = judgeThatSays('c', says(1));
    const stages = [
      { judge: judgeThatSays('a', says(2, 9)), spread: 0 },
      { judge: judgeThatSays('b', says(second)), disagreement: 1 },
      { judge: third },
    ];
    const judgement = await ask(createCascade(stages, 'v'));
    expect(judgement.measures!['cascade.stages']).toBe(count);
    expect(third.judge).toHaveBeenCalledTimes(count - 2);
  });

  it('sums what each stage took; what is unknown for one stage is unknown for the sum', async () => {
    const took = (spent: Spent, score = 2): Judgement => ({ ...says(score, 9), spent });
    const small = took({ calls: 3, input: 30, output: 6, dollars: 0.5 });
    const first = { judge: judgeThatSays('small', small), spread: 1 };
    const cascade = (last: Spent) =>
      ask(createCascade([first, { judge: judgeThatSays('large', took(last)) }], 'v'));
    expect((await cascade({ calls: 1, input: 10, output: 2, dollars: 2 })).spent).toEqual({
      ...{ calls: 4, input: 40, output: 8, dollars: 2.5 },
      stages: [
        { judge: 'small', calls: 3, input: 30, output: 6, dollars: 0.5 },
        { judge: 'large', calls: 1, input: 10, output: 2, dollars: 2 },
      ],
    });
    expect((await cascade({ calls: 1 })).spent).toMatchObject({ calls: 4 });
    expect((await cascade({ calls: 1 })).spent).not.toHaveProperty('dollars');
  });

  it('is never sure of an incomplete answer, and returns the last one if all are incomplete', async () => {
    const partial: Judgement = {
      reward: { scores: { following: 1 }, feedback: {}, spread: all(0) },
      missing: 'detail preserving',
      replies: ['a'],
    };
    const nothing: Judgement = { missing: 'no reply', replies: ['b'] };
    const first = { judge: judgeThatSays('a', partial), spread: 5 };
    expect(
      (await ask(createCascade([first, { judge: judgeThatSays('b', says(3)) }], 'v'))).reward!.scores,
    ).toEqual(all(3));
    expect(await ask(createCascade([first, { judge: judgeThatSays('b', nothing) }], 'v'))).toMatchObject({
      missing: 'no reply',
      replies: ['a', 'b'],
    });
  });
});
