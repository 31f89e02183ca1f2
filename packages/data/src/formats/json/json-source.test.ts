import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkTriplet } from '../rows/checked-triplet.ts';
import { convertTo, open, rowsOf, samplePicture, temporaryFolder } from '../dataset.test.helper.ts';
import type { SourceTriplet } from '../rows/source-triplet.ts';

const row = { original: 'a.png', edited: 'b.png', instruction: 'make it red' };

/** A folder with two pictures and these files. */
async function folderOf(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const root = await temporaryFolder(onTestFinished);
  const all = { 'a.png': await samplePicture(1, 'png'), 'b.png': await samplePicture(2, 'png'), ...files };
  for (const [name, content] of Object.entries(all)) {
    await mkdir(join(root, name, '..'), { recursive: true });
    await writeFile(join(root, name), content);
  }
  return root;
}

const idsOf = async (path: string) => {
  const rows = await rowsOf(await open(path));
  return rows.map((item) => (item as SourceTriplet).record.id);
};

describe('rows of JSON', () => {
  it.each([
    ['an array in a .json', 'rows.json', JSON.stringify([row, row], undefined, 1), ['rows:1', 'rows:2']],
    ['an array in a .jsonl', 'rows.jsonl', JSON.stringify([row]), ['rows:1']],
    ['one object a line in a .json', 'rows.json', `${JSON.stringify(row)}\n`, ['rows:1']],
    ['a byte order mark in front', 'rows.jsonl', `\uFEFF${JSON.stringify(row)}\n`, ['rows:1']],
    [
      'blank lines, which hold nothing',
      'rows.jsonl',
      `\n${JSON.stringify(row)}\n \r\n${JSON.stringify(row)}\n\n`,
      ['rows:2', 'rows:4'],
    ],
    [
      'an id of 64 bits, digit for digit',
      'rows.jsonl',
      JSON.stringify({ id: 0, ...row }).replace(':0', ':1285704473650888702'),
      ['1285704473650888702'],
    ],
  ])('are read from %s', async (_, name, content, ids) => {
    expect(await idsOf(join(await folderOf({ [name]: content }), name))).toEqual(ids);
  });

  it.each([
    ['rows.jsonl', `${JSON.stringify({ ...row, instruction: undefined })}\n${JSON.stringify(row)}\n`],
    ['metadata.csv', 'original,edited,instruction\na.png,b.png,\na.png,b.png,x\n'],
  ])('are set aside alone if they lack a cell that a later row of %s has', async (name, content) => {
    const root = await folderOf({ [name]: content });
    expect(await convertTo(join(root, name), join(root, 'out'))).toMatchObject({ written: 1, setAside: 1 });
  });

  it('are set aside one by one if the first hundred lack a column that a later one has', async () => {
    const { instruction: _, ...without } = row;
    const lines = Array.from({ length: 150 }, (__, i) => JSON.stringify(i < 120 ? without : row));
    const root = await folderOf({ 'rows.jsonl': `${lines.join('\n')}\n` });
    const found = await rowsOf(await open(join(root, 'rows.jsonl')));
    expect(found.map((one) => 'unusable' in one)).toEqual(lines.map((__, i) => i < 120));
    expect(found[0]).toMatchObject({ unusable: 'the column instruction is empty or missing' });
  });

  it('get an id from their place if only they lack one', async () => {
    const lines = [{ ...row, id: 'a' }, row, { ...row, id: null }, { ...row, id: 7 }];
    const content = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const csv = 'id,original,edited,instruction\na,a.png,b.png,x\n,a.png,b.png,x\n';
    const root = await folderOf({ 'rows.jsonl': content, 'rows.csv': csv });
    expect(await idsOf(join(root, 'rows.jsonl'))).toEqual(['a', 'rows:2', 'rows:3', '7']);
    expect(await idsOf(join(root, 'rows.csv'))).toEqual(['a', 'metadata:2']);
  });

  it('are refused if two columns of a CSV file have the same name', async () => {
    const content = 'id,note,instruction,original,edited,note\n1,a,x,a.png,b.png,b\n';
    const root = await folderOf({ 'rows.csv': content });
    await expect(idsOf(join(root, 'rows.csv'))).rejects.toMatchObject({
      ...{ code: 'bad-input', message: 'two columns are called note' },
    });
  });

  it('are all set aside if a column is empty, and refused if no row has it', async () => {
    const { instruction: _, ...without } = row;
    const lines = Array.from({ length: 150 }, () => `${JSON.stringify(without)}\n`).join('');
    const root = await folderOf({
      'empty.csv': 'original,edited,instruction\na.png,b.png,\n',
      'short.jsonl': `${JSON.stringify(without)}\n`,
      'long.jsonl': lines,
    });
    const empty = await convertTo(join(root, 'empty.csv'), join(root, 'out'));
    expect(empty).toMatchObject({ written: 0, setAside: 1 });
    for (const name of ['short.jsonl', 'long.jsonl'])
      await expect(convertTo(join(root, name), join(root, 'never'))).rejects.toMatchObject({
        code: 'bad-input',
        where: join(root, name),
        hint: expect.stringContaining('except instruction'),
      });
  });

  it('have the columns of a published list of file names', async () => {
    const content = JSON.stringify({ source: 'a.png', target: 'b.png', prompt: 'x' });
    const root = await folderOf({ 'rows.json': content });
    expect(await convertTo(join(root, 'rows.json'), join(root, 'out'))).toMatchObject({ written: 1 });
  });

  it('may name pictures with Windows separators or in another Unicode normalization', async () => {
    const [composed, apart] = ['é'.normalize('NFC'), 'é'.normalize('NFD')];
    const rows = [
      { ...row, original: 'p\\a.png' },
      { ...row, original: `p/${composed}.png` },
    ];
    const picture = await samplePicture(3, 'png');
    const content = rows.map((item) => `${JSON.stringify(item)}\n`).join('');
    const root = await folderOf({ 'rows.jsonl': content, 'p/a.png': picture, [`p/${apart}.png`]: picture });
    for (const item of await rowsOf(await open(join(root, 'rows.jsonl'))))
      expect(Buffer.from((await checkTriplet(item as SourceTriplet)).pictures.original.bytes)).toEqual(
        picture,
      );
  });
});

describe('folders of several splits', () => {
  const inSplit = async (names: readonly string[]) => {
    const line = `${JSON.stringify({ ...row, original_file_name: '../a.png' })}\n`;
    return folderOf(Object.fromEntries(names.map((name) => [`${name}/metadata.jsonl`, line])));
  };

  it('are one dataset whose triplets have a split', async () => {
    const rows = await rowsOf(await open(await inSplit(['train', 'test'])));
    expect(rows).toMatchObject([
      { record: { id: 'test/metadata:1', split: 'test' } },
      { record: { id: 'train/metadata:1', split: 'train' } },
    ]);
    // A dataset that lies in a folder of its own is no split, unless that is called so.
    for (const [name, split] of [
      ['test', 'test'],
      ['mine', undefined],
    ] as const) {
      const [found] = await rowsOf(await open(await inSplit([name])));
      expect('unusable' in found ? found : found.record.split).toBe(split);
    }
  });
});
