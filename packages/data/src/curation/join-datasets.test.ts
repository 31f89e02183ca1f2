import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../dataset/open-dataset.ts';
import { writeScenes } from '../scenes/index.ts';
import { joinDatasets } from './join-datasets.ts';

let folder: string;
const part = (name: string) => join(folder, 'parts', name);
const out = () => join(folder, 'mixed.jsonl');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'join-'));
  await writeScenes({ folder: part('a'), count: 3, size: 16, seed: 1 });
  await writeScenes({ folder: part('b'), count: 2, size: 16, seed: 2 });
});
afterAll(() => rm(folder, { recursive: true }));

describe('joinDatasets', () => {
  it('lists all triplets of all datasets, with paths of existing pictures', async () => {
    expect(await joinDatasets([part('a'), part('b')], out())).toEqual([3, 2]);
    const joined = await openDataset(out());
    const ids: string[] = [];
    for await (const { id, original, edited, truth } of joined.triplets()) {
      ids.push(id);
      for (const name of [original, edited, truth!])
        expect((await readFile(joined.resolve(name))).length).toBeGreaterThan(0);
    }
    expect(new Set(ids).size).toBe(5);
  });

  it('refuses repeated ids and keeps the existing file', async () => {
    await joinDatasets([part('a')], out());
    const before = await readFile(out(), 'utf8');
    await expect(joinDatasets([part('b'), part('a'), part('a')], out())).rejects.toMatchObject({
      code: 'bad-input',
    });
    expect(await readFile(out(), 'utf8')).toBe(before);
  });

  it('refuses a file that is not above the datasets or has another purpose', async () => {
    for (const wrong of [
      join(part('b'), 'mixed.jsonl'),
      join(folder, 'metadata.jsonl'),
      join(folder, 'mixed.json'),
    ])
      await expect(joinDatasets([part('a')], wrong)).rejects.toMatchObject({ code: 'usage' });
  });
});
