import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { writeScenes } from '../scenes/index.ts';
import { checkTriplet } from './rows/checked-triplet.ts';
import { convertTo, open, rowsOf, samplePicture, temporaryFolder } from './dataset.test.helper.ts';
import { FORMAT_NAMES, explainSource, formatOfTarget, type FormatName } from './formats.ts';
import type { SourceTriplet } from './rows/source-triplet.ts';

let folder: string;
let scenes: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-pairs-'));
  scenes = join(folder, 'scenes');
  await writeScenes({ folder: scenes, count: 12, seed: 5, size: 16, faultRate: 0.7, split: 'train' });
  // Scores of every sort, none, and some only; columns that no triplet has a place for.
  const path = join(scenes, 'metadata.jsonl');
  const rows = (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  const rewards = [
    {
      scores: { following: 5, preserving: 4.25, quality: 0 },
      feedback: { following: '<b>é\u202E"\n' },
      judge: { name: 'j', version: '1', seed: 3 },
    },
    undefined,
    { scores: { quality: 2.5 }, feedback: {} },
  ];
  const lines = rows.map((row, i) => {
    const reward = rewards[i % rewards.length];
    return JSON.stringify({
      ...row,
      ...(reward !== undefined && { reward }),
      ...(i % 2 === 0 && { turn: i, note: 'x' }),
    });
  });
  await writeFile(path, `${lines.join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What JSON keeps of some values; null counts as absent. */
function plainOf(extra: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(
    Object.entries(JSON.parse(JSON.stringify(extra)) as object).filter(([, value]) => value !== null),
  );
}

/** The triplets of a dataset with the bytes of their pictures, in a form that can be compared. */
async function contents(path: string): Promise<object[]> {
  const rows = await rowsOf(await open(path));
  return Promise.all(
    rows.map(async (row) => {
      const { record, extra, pictures } = await checkTriplet(row as SourceTriplet);
      const bytes = Object.entries(pictures).map(([role, picture]) => [
        role,
        Buffer.from(picture.bytes).toString('base64'),
      ]);
      return { record, extra, bytes: Object.fromEntries(bytes) as object };
    }),
  );
}

const TARGETS: readonly (readonly [FormatName, string])[] = [
  ['imagefolder', 'folder'],
  ['jsonl', 'rows.jsonl'],
  ['parquet', 'shards'],
  ['parquet', 'table.parquet'],
  ['webdataset', 'tars'],
  ['webdataset', 'samples.tar'],
];

describe('formats that hold everything', () => {
  it('preserve everything, from each format to each other', async () => {
    const here = await temporaryFolder(onTestFinished);
    const withRewards = join(here, 'start.jsonl');
    await convertTo(scenes, withRewards, 'jsonl');
    const expected = await contents(withRewards);
    expect(expected).toHaveLength(12);
    for (const [format, name] of TARGETS) {
      const first = join(here, `first-${name}`);
      expect(await convertTo(withRewards, first, format)).toEqual({
        rows: 12,
        written: 12,
        setAside: 0,
        before: 0,
        notes: [],
      });
      // A dataset folder has its rewards in a journal, which is joined with it elsewhere.
      const isFolder = format === 'imagefolder';
      expect(await contents(first)).toEqual(isFolder ? expected.map(withoutReward) : expected);
      if (isFolder) continue;
      for (const [otherFormat, otherName] of TARGETS) {
        const second = join(here, `second-${name}-${otherName}`);
        await convertTo(first, second, otherFormat);
        expect(await contents(second)).toEqual(
          otherFormat === 'imagefolder' ? expected.map(withoutReward) : expected,
        );
      }
    }
  });

  it('lose nothing of odd datasets: each row comes out or is set aside', async () => {
    const picture = `data:image/png;base64,${(await samplePicture(1, 'png')).toString('base64')}`;
    const text = fc.string({ unit: 'grapheme', maxLength: 30 });
    const name = fc.stringMatching(/^[a-z]{1,8}\d?$/).map((found) => `x_${found}`);
    const value = fc.oneof(
      text,
      fc.double(),
      fc.bigInt(0n, 2n ** 64n).map(String),
      fc.boolean(),
      fc.constant(null),
    );
    const row = fc.record({
      id: fc.oneof(text, fc.constantFrom('a.b/c.json', '1285704473650888702', 'C:\\x', '._y')),
      instruction: text,
      split: fc.constantFrom(undefined, 'train', 'dev'),
      extra: fc.dictionary(name, value, { maxKeys: 3 }),
      broken: fc.boolean(),
    });
    const dataset = fc.uniqueArray(row, { selector: ({ id }) => id, minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(dataset, async (rows) => {
        const here = await mkdtemp(join(folder, 'odd-'));
        const lines = rows.map(({ extra, broken, ...known }) =>
          JSON.stringify({ ...extra, ...known, original: picture, edited: broken ? 'no.png' : picture }),
        );
        const start = join(here, 'start.jsonl');
        await writeFile(start, `\uFEFF${lines.join('\n\n')}\n`);
        const whole = rows.filter(({ id, broken }) => id !== '' && !broken);
        for (const [format, target] of TARGETS) {
          const path = join(here, target);
          const { written, setAside } = await convertTo(start, path, format);
          expect([written, setAside]).toEqual([whole.length, rows.length - whole.length]);
          const found = (await rowsOf(await open(path))) as SourceTriplet[];
          expect(found.map(({ record: { id, instruction, split } }) => ({ id, instruction, split }))).toEqual(
            whole.map(({ id, instruction, split }) => ({ id, instruction, split })),
          );
          for (const [at, { extra }] of found.entries()) expect(extra).toEqual(plainOf(whole[at].extra));
        }
      }),
      { numRuns: 6 },
    );
  });

  it('write the same bytes again', async () => {
    const here = await temporaryFolder(onTestFinished);
    for (const [format, name] of TARGETS.filter(([, name]) => name.includes('.'))) {
      await convertTo(scenes, join(here, name), format);
      await convertTo(scenes, join(here, `again-${name}`), format);
      expect(await readFile(join(here, name))).toEqual(await readFile(join(here, `again-${name}`)));
    }
  });

  it('can write an empty dataset', async () => {
    const here = await temporaryFolder(onTestFinished);
    const empty = join(here, 'empty.jsonl');
    await writeFile(empty, '');
    for (const [format, name] of TARGETS) {
      const target = join(here, name === 'rows.jsonl' ? 'other.jsonl' : name);
      expect(await convertTo(empty, target, format)).toMatchObject({ written: 0, setAside: 0 });
      expect(await contents(target)).toEqual([]);
    }
  });
});

function withoutReward(triplet: object): object {
  const { record, ...rest } = triplet as { record: Record<string, unknown> };
  const { reward: _, ...others } = record;
  return { record: others, ...rest };
}

describe('InstructPix2Pix folders', () => {
  it('preserve JPEGs, ids, prompts and order', async () => {
    const here = await temporaryFolder(onTestFinished);
    const source = join(here, 'rows.jsonl');
    const picture = async (i: number) =>
      `data:image/jpeg;base64,${(await samplePicture(i)).toString('base64')}`;
    const rows = await Promise.all(
      ['a/7', 'b/3', 'a/42'].map(async (id, i) => ({
        id,
        instruction: `edit ${id[0]}`,
        description: 'a cat',
        edited_prompt: 'a dog',
        original: await picture(i),
        edited: await picture(i + 10),
      })),
    );
    await writeFile(source, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const target = join(here, 'ip2p');
    expect(await convertTo(source, target, 'instruct-pix2pix')).toMatchObject({ written: 3, notes: [] });
    expect(JSON.parse(await readFile(join(target, 'seeds.json'), 'utf8'))).toEqual([
      ['a', [7, 42]],
      ['b', [3]],
    ]);
    expect(JSON.parse(await readFile(join(target, 'a', 'prompt.json'), 'utf8'))).toEqual({
      input: 'a cat',
      edit: 'edit a',
      output: 'a dog',
    });
    const [before, after] = await Promise.all([contents(source), contents(target)]);
    expect(after).toEqual([before[0], before[2], before[1]]);
  });

  it('report what they cannot hold', async () => {
    const here = await temporaryFolder(onTestFinished);
    const { written, notes } = await convertTo(scenes, join(here, 'ip2p'), 'instruct-pix2pix');
    expect(written).toBe(12);
    expect(notes).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^24 pictures were converted to JPEG/),
        'the reward of 8 triplets is left out: the format has no place for it',
        'the true picture of 12 triplets is left out: the format has no place for it',
      ]),
    );
    expect(await readdir(join(here, 'ip2p', 'triplet-0000003'))).toEqual([
      '0_0.jpg',
      '0_1.jpg',
      'prompt.json',
    ]);
  });
});

describe('the format of a dataset', () => {
  it('is detected', async () => {
    const here = await temporaryFolder(onTestFinished);
    for (const [format, name] of TARGETS) {
      await convertTo(scenes, join(here, name), format);
      expect((await open(join(here, name))).format).toBe(format);
    }
    await convertTo(scenes, join(here, 'ip2p'), 'instruct-pix2pix');
    expect((await open(join(here, 'ip2p'))).format).toBe('instruct-pix2pix');
    await rm(join(here, 'ip2p', 'seeds.json'));
    expect((await open(join(here, 'ip2p'))).format).toBe('instruct-pix2pix');
  });

  it('is refused if the folder is empty, holds something else or does not exist', async () => {
    const here = await temporaryFolder(onTestFinished);
    await mkdir(join(here, 'train', 'pictures'), { recursive: true });
    await expect(open(here)).rejects.toMatchObject({
      code: 'bad-input',
      message: 'there are no files in this folder',
    });
    await writeFile(join(here, 'train', 'notes.txt'), 'x');
    await expect(open(here)).rejects.toMatchObject({
      code: 'bad-input',
      hint: expect.stringMatching(new RegExp(FORMAT_NAMES.join('.*'))),
    });
    await expect(open(join(here, 'nothing'))).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('may have columns that are missing in the first line', async () => {
    const here = await temporaryFolder(onTestFinished);
    const lines = [
      { instruction: 'x', original: 'a', edited: 'b' },
      { instruction: 'y', original: 'a', edited: 'b', truth: 'c', kind: 'add', description: 'd', more: 1 },
    ];
    await writeFile(join(here, 'rows.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    expect(await rowsOf(await open(join(here, 'rows.jsonl')))).toMatchObject([
      { record: { id: 'rows:1', instruction: 'x' } },
      {
        record: { id: 'rows:2', kind: 'add', description: 'd' },
        extra: { more: 1 },
        pictures: { truth: expect.any(Function) as unknown },
      },
    ]);
  });

  it('rejects a truncated file of JSON lines', async () => {
    const here = await temporaryFolder(onTestFinished);
    await convertTo(scenes, join(here, 'rows.jsonl'), 'jsonl');
    const bytes = await readFile(join(here, 'rows.jsonl'));
    await writeFile(join(here, 'rows.jsonl'), bytes.subarray(0, bytes.length - 50));
    await expect(rowsOf(await open(join(here, 'rows.jsonl')))).rejects.toMatchObject({
      code: 'bad-input',
      message: 'the last line is incomplete',
    });
  });

  it('follows from the extension of the target', () => {
    expect(['a', 'a.d', 'a.jsonl', 'a.json', 'a.parquet', 'a.tar'].map(formatOfTarget)).toEqual([
      'imagefolder',
      'imagefolder',
      'jsonl',
      'rewardedit-20k',
      'parquet',
      'webdataset',
    ]);
    expect(() => formatOfTarget('a.tar.gz')).toThrow(
      expect.objectContaining({ code: 'usage', hint: expect.stringContaining('.parquet') }),
    );
  });
});

describe('real photos', () => {
  const photos = join(import.meta.dirname, '../../../../../shared/real-edit/images');

  it.skipIf(!existsSync(photos))(
    'pass through every format unchanged (skipped without ../shared/real-edit)',
    async () => {
      const here = await temporaryFolder(onTestFinished);
      const names = (await readdir(photos)).sort().slice(0, 4);
      for (const name of names) await copyFile(join(photos, name), join(here, name));
      const rows = names.map((name, i) => ({
        instruction: 'x',
        source_img: name,
        target_img: names[(i + 1) % 4],
      }));
      const source = join(here, 'rows.jsonl');
      await writeFile(source, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      const expected = await contents(source);
      for (const [format, name] of TARGETS.filter(([, name]) => name !== 'rows.jsonl')) {
        await convertTo(source, join(here, name), format);
        expect(await contents(join(here, name))).toEqual(expected);
      }
    },
  );
});

it('explains how a dataset is read', async () => {
  const here = await temporaryFolder(onTestFinished);
  const rows = [
    { src_img: 'a', edited_img: 'b', edited_prompt_list: ['x', 'y'], task: 'swap', sizes: [1, 2] },
    { src_img: 'a', edited_img: 'b', edited_prompt_list: 7 },
  ];
  const path = join(here, 'rows.json');
  await writeFile(path, JSON.stringify(rows));
  expect(await explainSource(await open(path))).toEqual([
    'format jsonl: a file of JSON objects (one per line, in a list, or by their ids), or a folder of such files',
    'columns of OmniEdit',
    'original: src_img',
    'edited: edited_img',
    'instruction: edited_prompt_list',
    "id: no column; made from the row's place",
    'kind: task',
    'description: no column',
    'truth: no column',
    'left out, because a triplet has no field for them: sizes (in 1 of 2 rows)',
    'of the first 3 rows, 2 are triplets (pictures were not read)',
    `${path}, element 2: the column edited_prompt_list holds a number, not a text`,
  ]);
});

it.each([
  ['rows.jsonl', (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')],
  ['rows.json', (rows: readonly object[]) => JSON.stringify(rows)],
])('explains the columns of %s after its first rows', async (name, write) => {
  const here = await temporaryFolder(onTestFinished);
  const row = { original: 'a', edited: 'b', instruction: 'x', sizes: [1] };
  const rows = Array.from({ length: 150 }, (_, i) => (i === 50 ? { ...row, note: 'y' } : row));
  await writeFile(join(here, name), write(rows));
  const explained = await explainSource(await open(join(here, name)));
  expect(explained).toEqual(
    expect.arrayContaining([
      'columns of RewardEdit',
      'kept under their own names: note',
      'left out, because a triplet has no field for them: sizes',
      'of the first 100 rows, 100 are triplets (pictures were not read)',
    ]),
  );
});

it('explains the columns of a CSV file with only a header, and refuses unknown ones', async () => {
  const here = await temporaryFolder(onTestFinished);
  const path = join(here, 'rows.csv');
  await writeFile(path, 'id,instruction,original,edited\n');
  expect(await explainSource(await open(path))).toEqual(
    expect.arrayContaining(['columns of RewardEdit', 'id: id', 'there are no rows']),
  );
  expect(await convertTo(path, join(here, 'out'))).toMatchObject({ written: 0, setAside: 0 });
  await writeFile(path, 'id,first,second\n');
  await expect(explainSource(await open(path))).rejects.toMatchObject({
    code: 'bad-input',
    message: 'no known dataset has these columns: id, first, second',
  });
});
