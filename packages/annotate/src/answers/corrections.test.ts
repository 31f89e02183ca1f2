import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reward } from '@rewardedit/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HUMAN, correctReward, correctionsPath, readCorrections, type Correction } from './corrections.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-corrections-'));
  path = join(folder, 'corrections.jsonl');
});
afterAll(() => rm(folder, { recursive: true }));

const TIME = '2030-01-01T00:00:00Z';
const correction = (id: string, reward: Partial<Reward>): Correction => ({
  id,
  reward: { scores: {}, feedback: {}, judge: HUMAN, ...reward },
  time: TIME,
});
const write = (...corrections: object[]) =>
  writeFile(path, corrections.map((each) => `${JSON.stringify(each)}\n`).join(''));

describe('readCorrections', () => {
  it('returns the latest correction of each triplet, complete', async () => {
    const [first, second] = [
      { scores: { quality: 1 } },
      { scores: { following: 2 }, feedback: { quality: 'x' } },
    ];
    await write(
      correction('a', first),
      correction('b', first),
      correction('a', second),
      correction('__proto__', first),
    );
    const corrections = await readCorrections(path);
    expect([...corrections.keys()]).toEqual(['a', 'b', '__proto__']);
    expect(corrections.get('a')).toEqual(correction('a', second));
  });

  it('leaves out a withdrawn correction until there is a new one', async () => {
    const scored = correction('a', { scores: { quality: 1 } });
    await write(scored, correction('a', {}));
    expect(await readCorrections(path)).toEqual(new Map());
    await write(scored, correction('a', {}), correction('a', { feedback: { quality: 'x' } }));
    expect((await readCorrections(path)).get('a')!.reward.scores).toEqual({});
  });

  it('has no corrections without a file, and ignores a torn last line', async () => {
    expect(await readCorrections(join(folder, 'none.jsonl'))).toEqual(new Map());
    await writeFile(path, `${JSON.stringify(correction('a', { scores: { quality: 1 } }))}\n{"id":"b","rew`);
    expect([...(await readCorrections(path)).keys()]).toEqual(['a']);
  });

  it.each([
    ['no JSON', 'hello'],
    ['a score that is none', JSON.stringify(correction('a', { scores: { quality: 6 } }))],
    ['no time', JSON.stringify({ ...correction('a', {}), time: 'yesterday' })],
    ['no id', JSON.stringify({ ...correction('a', {}), id: '' })],
  ])('rejects a line with %s', async (_, text) => {
    await writeFile(path, `${JSON.stringify(correction('a', {}))}\n${text}\n`);
    await expect(readCorrections(path)).rejects.toMatchObject({ code: 'bad-input', where: `${path}:2` });
  });

  it('looks for corrections beside the journal', () => {
    expect(correctionsPath(join('data', 'rewards.jsonl'))).toBe(join('data', 'corrections.jsonl'));
  });
});

describe('correctReward', () => {
  const judged: Reward = {
    scores: { following: 1, preserving: 2, quality: 3 },
    feedback: { following: 'f', preserving: 'p', quality: 'q' },
    spread: { following: 0.1, preserving: 0.2, quality: 0.3 },
    judge: { name: 'j', version: '1', prompt: 'abc' },
  };

  it("replaces a judge's scores and texts by a person's, and drops its text about them", () => {
    const corrected = correctReward(judged, {
      scores: { following: 5, quality: 0 },
      feedback: { quality: 'It is blurred.' },
      judge: HUMAN,
    });
    expect(corrected).toEqual({
      scores: { following: 5, preserving: 2, quality: 0 },
      feedback: { preserving: 'p', quality: 'It is blurred.' },
      spread: { preserving: 0.2 },
      judge: { name: 'j', version: '1', prompt: 'abc', corrected: 'following quality' },
    });
  });

  it('keeps the score if only a text was given', () => {
    expect(correctReward(judged, { scores: {}, feedback: { following: 'Look again.' } })).toMatchObject({
      scores: judged.scores,
      feedback: { following: 'Look again.', preserving: 'p', quality: 'q' },
      judge: { corrected: 'following' },
    });
  });

  it('adds what the judge left open, and stands alone without a judge', () => {
    const reward = { scores: { quality: 4 }, feedback: {}, judge: HUMAN };
    expect(correctReward(undefined, reward)).toEqual(reward);
    const partial: Reward = { scores: { following: 1 }, feedback: {} };
    expect(correctReward(partial, reward)).toEqual({
      scores: { following: 1, quality: 4 },
      feedback: {},
      judge: { ...HUMAN, corrected: 'quality' },
    });
  });

  it('does not modify its arguments', () => {
    const before = structuredClone(judged);
    correctReward(judged, { scores: { quality: 0 }, feedback: {} });
    expect(judged).toEqual(before);
  });
});
