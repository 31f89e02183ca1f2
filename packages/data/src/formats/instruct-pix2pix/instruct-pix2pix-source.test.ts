import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { convertTo, open, rowsOf, samplePicture, temporaryFolder } from '../dataset.test.helper.ts';
import { idOf } from '../rows/source-triplet.ts';

async function folder(
  root: string,
  name: string,
  seeds: readonly (string | number)[],
  prompt: unknown = { edit: `edit ${name}` },
) {
  const path = join(root, name);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'prompt.json'), typeof prompt === 'string' ? prompt : JSON.stringify(prompt));
  for (const seed of seeds) {
    await writeFile(join(path, `${seed}_0.jpg`), await samplePicture(1));
    await writeFile(join(path, `${seed}_1.jpg`), await samplePicture(2));
  }
}

describe('instructPix2PixSource', () => {
  it('reads folders and seeds in the order of seeds.json', async () => {
    const root = await temporaryFolder(onTestFinished);
    await folder(root, 'b', [9, 10], { edit: 'make it snow', input: 'a hill', output: 'a snowy hill' });
    await folder(root, 'a', [1, 2]);
    await writeFile(
      join(root, 'seeds.json'),
      JSON.stringify([
        ['b', [10, 9]],
        ['a', [2]],
      ]),
    );
    const rows = await rowsOf(await open(root));
    expect(rows.map(idOf)).toEqual(['b/10', 'b/9', 'a/2']);
    expect(rows[0]).toMatchObject({
      record: { instruction: 'make it snow', description: 'a hill' },
      extra: { edited_prompt: 'a snowy hill' },
    });
  });

  it('reads every folder and every seed, lowest first, if there is no seeds.json', async () => {
    const root = await temporaryFolder(onTestFinished);
    await folder(root, 'b', [100, 9]);
    await folder(root, 'a', ['18446744073709551615', 3]);
    const source = await open(root);
    expect((await rowsOf(source)).map(idOf)).toEqual(['a/3', 'a/18446744073709551615', 'b/9', 'b/100']);
    expect(source.notes()).toEqual(['there is no seeds.json: all folders and all seeds are read']);
  });

  it('sets aside a folder without pictures and a seed without an original', async () => {
    const root = await temporaryFolder(onTestFinished);
    await folder(root, 'a', [1]);
    await writeFile(join(root, 'a', '2_1.jpg'), await samplePicture(2));
    await folder(root, 'b', []);
    expect(await rowsOf(await open(root))).toMatchObject([
      { record: { id: 'a/1' } },
      { record: { id: 'a/2' } },
      { id: 'b', unusable: 'there are no pictures in this folder' },
    ]);
    expect(await convertTo(root, `${root}/out`)).toMatchObject({ rows: 3, written: 1, setAside: 2 });
  });

  it('sets aside missing or damaged triplets and continues', async () => {
    const root = await temporaryFolder(onTestFinished);
    await folder(root, 'good', [1]);
    await folder(root, 'no-edit', [1], { input: 'x' });
    await folder(root, 'broken', [1, 2], '{');
    await folder(root, 'twice', [1]);
    await writeFile(join(root, 'twice', '1_0.png'), await samplePicture(3, 'png'));
    await folder(root, 'alone', []);
    await writeFile(join(root, 'alone', '5_0.jpg'), await samplePicture(1));
    const seeds = [
      ['good', [1]],
      ['no-edit', [1]],
      ['broken', [1, 2]],
      ['twice', [1]],
      ['alone', [5]],
      ['gone', [1]],
      ['good', [2]],
    ];
    await writeFile(join(root, 'seeds.json'), JSON.stringify(seeds));
    expect(await convertTo(root, `${root}/out`)).toMatchObject({ written: 1, setAside: 7 });
  });

  it.each(['../outside', '/etc', 'a/../../b', 'a\\..\\b', 'c:x', 'a\0b'])(
    'does not follow the folder %j',
    async (name) => {
      const root = await temporaryFolder(onTestFinished);
      await writeFile(join(root, 'seeds.json'), JSON.stringify([[name, [1]]]));
      expect(await rowsOf(await open(root))).toEqual([
        expect.objectContaining({ id: `${name}/1`, unusable: expect.any(String) }),
      ]);
    },
  );

  it.each([
    ['[["a", ["../../b"]]]', /not a pair/],
    ['[["a", [1.5]]]', /not a pair/],
    ['[["a", [-1]]]', /not a pair/],
    ['[["a"]]', /not a pair/],
    ['[7]', /not a pair/],
    ['{"a": [1]}', /not a pair/],
    ['[["a", [1]]', /ends too early/],
  ])('refuses the list %s', async (text, message) => {
    const root = await temporaryFolder(onTestFinished);
    await writeFile(join(root, 'seeds.json'), text);
    await expect(rowsOf(await open(root))).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(message),
    });
  });

  it.skipIf(process.platform === 'win32')(
    'passes over links to other folders where it looks by itself',
    async () => {
      const root = await temporaryFolder(onTestFinished);
      await folder(root, 'a', [1]);
      await symlink('/', join(root, 'b'));
      expect((await rowsOf(await open(root))).map(idOf)).toEqual(['a/1']);
    },
  );
});
