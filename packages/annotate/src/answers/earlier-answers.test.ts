import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readEarlierAnswers } from './earlier-answers.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-earlier-'));
  path = join(folder, 'rewards.jsonl');
});
afterAll(() => rm(folder, { recursive: true }));

const judge = { name: 'j', version: '1' };
const lines = (...values: object[]) =>
  writeFile(path, values.map((value) => `${JSON.stringify(value)}\n`).join(''));
const reward = (...own: [object | undefined] | []) => ({
  scores: { quality: 1 },
  feedback: {},
  judge: own.length === 0 ? judge : own[0],
});

it('returns which triplets have an answer, and which to ask about again', async () => {
  await lines(
    { id: 'full', reward: reward() },
    { id: 'partial', reward: reward(), missing: 'why' },
    { id: 'none', missing: 'why', judge },
    { id: 'unsigned', missing: 'why' },
    { id: 'suspect', missing: 'why', judge, askAgain: true },
    { id: 'later', missing: 'why', judge },
    { id: 'later', reward: reward() },
    { id: 'adopted', reward: reward({ name: 'other', version: '7' }), adopted: true },
    { id: '__proto__', reward: reward() },
  );
  const ids = async (retry?: boolean) => {
    const { answered, again } = await readEarlierAnswers(path, judge, { retry });
    return { answered: [...answered.keys()].toSorted(), again: [...again].toSorted() };
  };
  expect(await ids()).toEqual({
    answered: ['__proto__', 'adopted', 'full', 'later', 'none', 'partial', 'unsigned'],
    again: ['suspect'],
  });
  expect(await ids(true)).toEqual({
    answered: ['__proto__', 'adopted', 'full', 'later'],
    again: ['none', 'partial', 'suspect', 'unsigned'],
  });
});

it('is empty without a journal, or if an unnamed judge set all triplets aside', async () => {
  const nothing = { answered: new Map(), again: new Set(), suspects: new Set() };
  expect(await readEarlierAnswers(join(folder, 'none.jsonl'), judge, { retry: true })).toEqual(nothing);
  await lines({ id: 'a', missing: 'the true edit is not known' });
  expect(await readEarlierAnswers(path, judge)).toEqual(nothing);
});

it.each([
  [{ reward: reward({ name: 'other', version: '1' }) }, 'those of the judge other 1, not j 1'],
  [{ missing: 'why', judge: { name: 'other', version: '1' } }, 'those of the judge other 1, not j 1'],
  [{ reward: reward({ name: 'j', version: '2' }) }, 'those of the judge j 2, not j 1'],
  [
    { reward: reward(undefined) },
    'the answer for the triplet b does not name its judge, so it is not one of j 1',
  ],
])('rejects an answer of another judge: %j', async (answer, message) => {
  await lines({ id: 'a', reward: reward() }, { id: 'b', ...answer });
  await expect(readEarlierAnswers(path, judge)).rejects.toMatchObject({
    code: 'bad-input',
    where: path,
    message: expect.stringContaining(message),
    hint: expect.stringMatching(/--rewards.*--adopt/),
  });
});

it('treats triplets to ask about again as open, whichever judge had no usable reply', async () => {
  const mine = { id: 'a', missing: 'why', judge, askAgain: true };
  await lines(mine, { ...mine, id: 'b', judge: { ...judge, version: '2' } });
  expect(await readEarlierAnswers(path, judge)).toEqual({
    answered: new Map(),
    again: new Set(['a']),
    suspects: new Set(['a']),
  });
});

it('rejects a damaged line', async () => {
  await lines({ id: 'a' });
  await expect(readEarlierAnswers(path, judge)).rejects.toMatchObject({
    code: 'bad-input',
    where: `${path}:1`,
  });
});
