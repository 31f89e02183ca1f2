import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reward } from '@rewardedit/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HUMAN } from './corrections.ts';
import { readRewards, rewardOf } from './rewards.ts';

let path: string;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-rewards-'));
  path = join(folder, 'rewards.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

const reward = (following: number): Reward => ({ scores: { following }, feedback: { following: 'x' } });
const lines = (...values: object[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');

describe('readRewards', () => {
  it('returns the rewards by id, without missing ones and a torn last line', async () => {
    const text = lines(
      { id: 'a', reward: reward(1) },
      { id: 'b', missing: 'refused' },
      { id: 'c', reward: reward(2) },
    );
    await writeFile(path, `${text}{"id":"d","rew`);
    expect(await readRewards(path)).toEqual(
      new Map([
        ['a', reward(1)],
        ['c', reward(2)],
      ]),
    );
  });

  it.each([
    [{ id: 'a', reward: { scores: { following: 7 }, feedback: {} } }, 'this line is invalid'],
    [{ id: 'a' }, 'this line is invalid'],
  ])('names the damaged line: %j', async (value, message) => {
    await writeFile(
      path,
      lines({ id: 'first', reward: reward(1) }, value, { id: 'last', reward: reward(1) }),
    );
    await expect(readRewards(path)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(message),
      where: `${path}:2`,
    });
  });
});

describe('rewardOf', () => {
  const own: Reward = { scores: { following: 1, quality: 4 }, feedback: { quality: 'sharp' } };

  it('prefers the journal to the metadata', () => {
    expect(rewardOf({ id: 'a', reward: own }, new Map([['a', reward(2)]]))).toEqual(reward(2));
    expect(rewardOf({ id: 'a', reward: own }, new Map())).toEqual(own);
    expect(rewardOf({ id: 'a' }, new Map())).toBeUndefined();
  });

  it("applies a person's correction to the reward in the metadata", () => {
    const correction: Reward = { scores: { following: 5 }, feedback: {}, judge: HUMAN };
    expect(rewardOf({ id: 'a', reward: own }, new Map([['a', correction]]))).toMatchObject({
      scores: { following: 5, quality: 4 },
      feedback: { quality: 'sharp' },
    });
    expect(rewardOf({ id: 'a' }, new Map([['a', correction]]))).toEqual(correction);
  });
});
