import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { readRatings } from './read-ratings.ts';
import { temporaryFiles } from './temporary-file.test.helper.ts';

const REWARD = { id: 'x', reward: { scores: { quality: 1 }, feedback: {} } };
const EDIT = { uid: 'x', editor: 'e' };

it.each([
  ['a line of no known form', [{ id2: 1 }], 'neither uid and editor', ':1'],
  ['a line that is no object', [null], 'neither uid and editor', ':1'],
  ['a line that is no JSON', 'id,score\n', 'not JSON', ':1'],
  ['an empty file', '', 'this file is empty', ''],
])('refuses %s', async (_, content, message, where) => {
  const [path] = await temporaryFiles({ 'ratings.jsonl': content });
  await expect(readRatings([path])).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining(message),
    where: path + where,
  });
});

it('rejects mixed forms, a single journal, and a dataset for ratings that already have groups', async () => {
  const [journal, ratings] = await temporaryFiles({ 'a.jsonl': [REWARD], 'b.jsonl': [EDIT] });
  await expect(readRatings([journal, ratings])).rejects.toMatchObject({ code: 'bad-input', where: ratings });
  await expect(readRatings([journal])).rejects.toMatchObject({ code: 'usage', where: journal });
  await expect(readRatings([ratings], { dataset: journal })).rejects.toMatchObject({ code: 'usage' });
});

it('reports what is wrong with a path', async () => {
  const [path] = await temporaryFiles({ 'a.jsonl': [EDIT] });
  const folder = dirname(path);
  await expect(readRatings([folder])).rejects.toMatchObject({ code: 'bad-input', where: folder });
  const absent = join(folder, 'absent.jsonl');
  await expect(readRatings([absent])).rejects.toMatchObject({ code: 'bad-input', where: absent });
});

it('reports the file of every line, and stops at an error of the callback', async () => {
  const paths = await temporaryFiles({ 'a.jsonl': [REWARD, { ...REWARD, id: 'y' }], 'b.jsonl': [REWARD] });
  const files: number[] = [];
  await readRatings(paths, { onLine: (file) => files.push(file) });
  expect(files).toEqual([0, 0, 1]);
  const stop = new Error('stop');
  const onLine = () => {
    throw stop;
  };
  await expect(readRatings(paths, { onLine })).rejects.toBe(stop);
});
