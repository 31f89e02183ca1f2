import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Triplet } from '@rewardedit/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromMetadataRow, toMetadataRow } from './metadata-row.ts';
import { openDataset } from './open-dataset.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-dataset-'));
});
afterAll(() => rm(folder, { recursive: true }));

const row = (id: number) => ({
  id: `t${id}`,
  instruction: `make it ${'very '.repeat(id % 7)}größer`,
  original_file_name: `pictures/${id}.png`,
  edited_file_name: `pictures/${id}-edited.png`,
});
const write = async (name: string, lines: readonly unknown[], end = '\n') => {
  const path = join(folder, name);
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  await writeFile(path, text + end);
  return path;
};
const collect = async (path: string) => {
  const triplets: Triplet[] = [];
  for await (const triplet of (await openDataset(path)).triplets()) triplets.push(triplet);
  return triplets;
};

describe('metadata rows', () => {
  it('name pictures as ImageFolder does, and convert back', () => {
    const triplet: Triplet = {
      id: 'a',
      instruction: 'make it night',
      original: 'pictures/a.png',
      edited: 'pictures/b.png',
      truth: 'pictures/c.png',
      kind: 'global',
    };
    const metadata = toMetadataRow(triplet);
    expect(metadata).toMatchObject({
      original_file_name: 'pictures/a.png',
      edited_file_name: 'pictures/b.png',
      truth_file_name: 'pictures/c.png',
    });
    expect(metadata).not.toHaveProperty('original');
    expect(fromMetadataRow(JSON.parse(JSON.stringify(metadata)), 'here:1')).toEqual(triplet);
  });

  it('may have null for an absent column', () => {
    expect(fromMetadataRow({ ...row(1), truth_file_name: null, kind: null }, 'here:1')).not.toHaveProperty(
      'truth',
    );
  });
});

describe('openDataset', () => {
  it('says whether a path without a dataset is a file, or a folder without metadata', async () => {
    await writeFile(join(folder, 'notes.txt'), 'x');
    await expect(openDataset(join(folder, 'notes.txt'))).rejects.toMatchObject({
      code: 'bad-input',
      message: 'this is a file, not the folder of a dataset',
    });
    await expect(openDataset(join(folder, 'nowhere'))).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('metadata.jsonl is missing'),
    });
  });

  it('reads a file with a byte order mark, also in random order', async () => {
    const path = await write('mark.jsonl', [`\uFEFF${JSON.stringify(row(0))}`, row(1)]);
    const index = await (await openDataset(path)).index();
    expect(await collect(path)).toEqual([await index.triplet(0), await index.triplet(1)]);
    await index.close();
  });

  it('refuses invalid UTF-8 instead of replacing characters', async () => {
    const path = await write('letters.jsonl', [row(0)]);
    const bytes = await readFile(path);
    bytes[bytes.indexOf('make')] = 0xff;
    await writeFile(path, bytes);
    const index = await (await openDataset(path)).index();
    const wrong = { code: 'bad-input', where: `${path}:1` };
    await expect(index.triplet(0)).rejects.toMatchObject(wrong);
    await expect(collect(path)).rejects.toMatchObject(wrong);
    await index.close();
  });

  it('refuses a picture name that no file can have', async () => {
    const { resolve } = await openDataset(await write('name.jsonl', [row(0)]));
    expect(() => resolve('a\0b.png')).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });

  it('streams triplets and reads them in any order', async () => {
    const path = await write(
      'many.jsonl',
      Array.from({ length: 3000 }, (_, i) => row(i)),
    );
    const streamed = await collect(path);
    expect(streamed.length).toBe(3000);
    expect(streamed[7]).toMatchObject({
      id: 't7',
      original: 'pictures/7.png',
      edited: 'pictures/7-edited.png',
    });
    const index = await (await openDataset(path)).index();
    try {
      expect(index.count).toBe(3000);
      expect(index.offsets.length).toBe(3001);
      for (const position of [2999, 0, 1500, 7])
        expect(await index.triplet(position)).toEqual(streamed[position]);
      await expect(index.triplet(3000)).rejects.toThrow(RangeError);
    } finally {
      await index.close();
    }
  });

  it('drops a torn last line, but keeps a complete one without a newline', async () => {
    const torn = await write('torn.jsonl', [row(0), row(1), JSON.stringify(row(2)).slice(0, 40)], '');
    expect((await collect(torn)).length).toBe(2);
    const unended = await write('unended.jsonl', [row(0), row(1)], '');
    expect((await collect(unended)).length).toBe(2);
    for (const path of [torn, unended]) {
      const index = await (await openDataset(path)).index();
      expect(index.count).toBe(2);
      expect((await index.triplet(1)).id).toBe('t1');
      await index.close();
    }
  });

  const lacking = (column: string) =>
    Object.fromEntries(Object.entries(row(1)).filter(([name]) => name !== column));
  it.each([
    ['no JSON', '{"id": "x",', /JSON/],
    ['no object', '[1, 2]', /object/],
    ['no instruction', lacking('instruction'), /column instruction is missing/],
    ['no original', lacking('original_file_name'), /column original_file_name is missing/],
    ['no edited picture', lacking('edited_file_name'), /column edited_file_name is missing/],
    ['a wrong kind', { ...row(1), kind: 'sideways' }, /column kind is wrong/],
    ['a wrong id', { ...row(1), id: [5] }, /column id is wrong/],
  ])('names file, line and column of a line with %s', async (name, line, message) => {
    const path = await write(`${name.replaceAll(' ', '-')}.jsonl`, [row(0), line, row(2)]);
    const expected = { code: 'bad-input', message: expect.stringMatching(message), where: `${path}:2` };
    await expect(collect(path)).rejects.toMatchObject(expected);
    const index = await (await openDataset(path)).index();
    await expect(index.triplet(1)).rejects.toMatchObject(expected);
    expect((await index.triplet(2)).id).toBe('t2');
    await index.close();
  });

  it('refuses anything that is not a dataset', async () => {
    for (const path of [folder, join(folder, 'missing'), join(folder, 'missing.jsonl')]) {
      await expect(openDataset(path)).rejects.toMatchObject({ code: 'bad-input', where: path });
    }
  });

  it('only resolves picture names inside its folder', async () => {
    const dataset = await openDataset(await write('names.jsonl', [row(0)]));
    expect(dataset.resolve('pictures/000/a.png')).toBe(join(folder, 'pictures/000/a.png'));
    expect(dataset.resolve('..odd..name.png')).toBe(join(folder, '..odd..name.png'));
  });

  it.each([
    '/etc/passwd',
    '../a.png',
    'pictures/../../a.png',
    'a/..',
    '..\\a.png',
    'C:\\a.png',
    'c:a.png',
    '\\\\host\\a',
  ])('does not resolve %s', async (name) => {
    const dataset = await openDataset(await write('names.jsonl', [row(0)]));
    expect(() => dataset.resolve(name)).toThrow('leads out of the dataset');
  });
});
