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
const reward = (own: object = judge) => ({ scores: { quality: 1 }, feedback: {}, judge: own });

it('tells which triplets have an answer, and which of them are asked about again', async () => {
  await lines(
    { id: 'full', reward: reward() },
    { id: 'partial', reward: reward(), missing: 'why' },
    { id: 'none', missing: 'why' },
    { id: 'later', missing: 'why' },
    { id: 'later', reward: reward() },
    { id: '__proto__', reward: reward() },
  );
  expect(await readEarlierAnswers(path, judge)).toEqual({
    answered: new Set(['full', 'partial', 'none', 'later', '__proto__']),
    again: new Set(),
  });
  expect(await readEarlierAnswers(path, judge, true)).toEqual({
    answered: new Set(['full', 'later', '__proto__']),
    again: new Set(['partial', 'none']),
  });
});

it('has none where there is no journal', async () => {
  expect(await readEarlierAnswers(join(folder, 'none.jsonl'), judge, true)).toEqual({
    answered: new Set(),
    again: new Set(),
  });
});

it.each([
  [{ name: 'other', version: '1' }, 'those of the judge other 1, not j 1'],
  [{ name: 'j', version: '2' }, 'those of the judge j 2, not j 1'],
])("refuses another judge's answers: %j", async (other, message) => {
  await lines({ id: 'a', missing: 'why' }, { id: 'b', reward: reward(other) });
  await expect(readEarlierAnswers(path, judge)).rejects.toMatchObject({
    code: 'bad-input',
    where: path,
    message: expect.stringContaining(message),
    hint: expect.stringContaining('another journal'),
  });
});

it('refuses two answers for one triplet, and a damaged line', async () => {
  await lines({ id: 'a', reward: reward() }, { id: 'a', missing: 'why' });
  await expect(readEarlierAnswers(path, judge)).rejects.toMatchObject({
    code: 'bad-input',
    where: `${path}:2`,
  });
  await lines({ id: 'a' });
  await expect(readEarlierAnswers(path, judge)).rejects.toMatchObject({
    code: 'bad-input',
    where: `${path}:1`,
  });
});
