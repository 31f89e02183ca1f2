import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { convertTo, open, rowsOf, samplePicture, temporaryFolder } from '../dataset.test.helper.ts';

const judged = (Score: unknown, text: unknown = 'x') => ({ Score, 'Negative Prompt': text });
const threeOf = (score: unknown) => [judged(score), judged(score), judged(score)];

/** The published file, and InstructPix2Pix's folders with these seeds. */
async function published(content: string | object, folders: Readonly<Record<string, readonly number[]>>) {
  const root = await temporaryFolder(onTestFinished);
  const images = join(root, 'images');
  for (const [name, seeds] of Object.entries(folders)) {
    await mkdir(join(images, name), { recursive: true });
    await writeFile(join(images, name, 'prompt.json'), JSON.stringify({ edit: `edit ${name}` }));
    for (const seed of seeds) {
      await writeFile(join(images, name, `${seed}_1.jpg`), await samplePicture(seed + 1));
      await writeFile(join(images, name, `${seed}_0.jpg`), await samplePicture(seed));
    }
  }
  const path = join(root, 'RewardEdit_20K.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return { root, path, images };
}

describe('rewardEdit20kSource', () => {
  it('reads following, preserving and quality in this order, each with its text', async () => {
    const entry = [judged(1, 'The frame did not turn green.'), judged('2.5', ''), judged(5, 'Nothing.')];
    const { path, images } = await published({ '0000001': entry }, { '0000001': [3] });
    const source = await open(path, { images });
    expect(await rowsOf(source)).toMatchObject([
      {
        record: {
          id: '0000001/3',
          instruction: 'edit 0000001',
          reward: {
            scores: { following: 1, preserving: 2.5, quality: 5 },
            feedback: { following: 'The frame did not turn green.', quality: 'Nothing.' },
          },
        },
      },
    ]);
    expect(source.notes()).toEqual(['each list of three is read as following, preserving, quality']);
  });

  it('finds pictures by name, and uses the lowest of several seeds', async () => {
    const { path, images, root } = await published(
      { a: threeOf(3), b: threeOf(4) },
      { a: [100, 20, 3], b: [7] },
    );
    const source = await open(path, { images });
    const { notes } = await convertTo(source, join(root, 'out'));
    expect(notes).toContain('1 folders have several seeds: the lowest one was used');
    const lines = (await readFile(join(root, 'out', 'metadata.jsonl'), 'utf8')).trimEnd().split('\n');
    const first = JSON.parse(lines[0]) as Record<string, string>;
    expect(first['id']).toBe('a/3');
    expect(await readFile(join(root, 'out', first['original_file_name']))).toEqual(await samplePicture(3));
    expect(await readFile(join(root, 'out', first['edited_file_name']))).toEqual(await samplePicture(4));
  });

  it('survives a round trip', async () => {
    const content = { b: [judged(1, 'é "quoted"'), judged(2.25, ''), judged(0, '\u202E')], a: threeOf(5) };
    const { path, images, root } = await published(content, { a: [1], b: [2] });
    await convertTo(await open(path, { images }), join(root, 'out.json'), 'rewardedit-20k');
    const text = await readFile(join(root, 'out.json'), 'utf8');
    expect(JSON.parse(text)).toEqual(content);
    expect(text).toMatch(/^\{\n"b": /);
  });

  it.each([
    [threeOf(6), /following Score/],
    [threeOf(-1), /following Score/],
    [threeOf('good'), /following Score/],
    [threeOf('5e0'), /following Score/],
    [threeOf(''), /following Score/],
    [threeOf(null), /following Score/],
    [threeOf(true), /following Score/],
    [[judged(1), judged(2, 7), judged(3)], /preserving Negative Prompt/],
    [[judged(1), judged(2), { Score: 3 }], /quality Negative Prompt/],
    [[judged(1), judged(2)], /list of scores is wrong/],
    [[...threeOf(1), judged(1)], /list of scores is wrong/],
    [{ following: 1 }, /list of scores is wrong/],
  ])('sets aside an entry with %j', async (entry, reason) => {
    const { path, images } = await published({ a: entry, b: threeOf(1) }, { a: [1], b: [2] });
    const rows = await rowsOf(await open(path, { images }));
    expect(rows).toMatchObject([
      { id: 'a', unusable: expect.stringMatching(reason) },
      { record: { id: 'b/2' } },
    ]);
  });

  it('sets aside entries without a folder or pictures, or with a path out of the dataset', async () => {
    const text = `{"gone": ${JSON.stringify(threeOf(1))}, "../a": ${JSON.stringify(threeOf(1))}, "empty": ${JSON.stringify(threeOf(1))}, "__proto__": ${JSON.stringify(threeOf(1))}}`;
    const { path, images } = await published(text, { empty: [] });
    const rows = await rowsOf(await open(path, { images }));
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(row).toHaveProperty('unusable');
  });

  it('refuses a repeated folder, which JSON.parse would not notice', async () => {
    const three = JSON.stringify(threeOf(1));
    const { path, images, root } = await published(`{"a": ${three}, "a": ${three}}`, { a: [1] });
    await expect(convertTo(await open(path, { images }), join(root, 'out'))).rejects.toMatchObject({
      message: expect.stringContaining('two triplets have the id a/1: at'),
    });
  });

  it('requires the pictures and refuses a list', async () => {
    const { path, images } = await published('{}', {});
    await expect(open(path)).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('--images'),
    });
    expect(await rowsOf(await open(path, { images }))).toEqual([]);
    await writeFile(path, '[1]');
    await expect(rowsOf(await open(path, { images }))).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('sets aside triplets that the file cannot hold', async () => {
    const root = await temporaryFolder(onTestFinished);
    const picture = `data:image/jpeg;base64,${(await samplePicture(1)).toString('base64')}`;
    const scores = { following: 1, preserving: 2, quality: 3 };
    const row = (id: string, some: object) =>
      JSON.stringify({
        id,
        instruction: 'x',
        original: picture,
        edited: picture,
        reward: { scores: some, feedback: {} },
      });
    const rows = [row('a/1', scores), row('a/2', scores), row('b', { following: 1 }), row('c/d/3', scores)];
    await writeFile(join(root, 'rows.jsonl'), `${rows.join('\n')}\n`);
    const target = join(root, 'out.json');
    expect(await convertTo(join(root, 'rows.jsonl'), target, 'rewardedit-20k')).toMatchObject({
      written: 2,
      setAside: 2,
    });
    expect(Object.keys(JSON.parse(await readFile(target, 'utf8')) as object)).toEqual(['a', 'c/d']);
    const quarantine = await readFile(`${target}.quarantine.jsonl`, 'utf8');
    expect(quarantine).toContain('there already is an entry for the folder a');
    expect(quarantine).toContain('no score for preserving, quality');
  });
});
