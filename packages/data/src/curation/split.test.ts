import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../dataset/open-dataset.ts';
import { filterDataset } from './filter.ts';
import { parseExpression } from './expression.ts';
import { createPictureGroups } from './picture-groups.ts';
import { splitDataset, type SplitOptions } from './split.ts';
import { viewPath } from './write-view.ts';

const PICTURES = 40;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-split-'));
  for (let i = 0; i < PICTURES; i++) {
    const pixels = Buffer.from(
      Array.from({ length: 9 * 9 * 3 }, (_, at) => (Math.sin(at * 12.9898 + i * 78.233) * 43758.5453) & 255),
    );
    const picture = sharp(pixels, { raw: { width: 9, height: 9, channels: 3 } }).resize(72, 72, {
      kernel: 'cubic',
    });
    const bytes = await picture.png().toBuffer();
    await writeFile(join(folder, `p${i}.png`), bytes);
    // The same bytes under another name, and the same picture in another file.
    await writeFile(join(folder, `copy${i}.png`), bytes);
    await writeFile(join(folder, `small${i}.jpg`), await sharp(bytes).resize(48, 48).jpeg().toBuffer());
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Row = {
  readonly id: string;
  readonly original_file_name: string;
  readonly edited_file_name: string;
  readonly instruction: string;
};

const row = (id: string, original: string, edited: string, instruction = 'x'): Row => ({
  id,
  instruction,
  original_file_name: original,
  edited_file_name: edited,
});

async function dataset(rows: readonly object[]) {
  for (const name of ['train', 'validation', 'test'])
    await rm(join(folder, `${name}.jsonl`), { force: true });
  await writeFile(join(folder, 'metadata.jsonl'), rows.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return openDataset(folder);
}

const lines = async (name: string) =>
  (await readFile(join(folder, name), 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);

async function split(rows: readonly object[], options: Partial<SplitOptions> = {}) {
  const summary = await splitDataset({
    dataset: await dataset(rows),
    test: 0.3,
    validation: 0.2,
    seed: 0,
    ...options,
  });
  const parts = new Map<string, string>();
  for (const part of Object.keys(summary.parts))
    for (const { id } of await lines(`${part}.jsonl`)) parts.set(id, part);
  return { summary, parts };
}

/** Each picture edited twice, once under the name of its copy. */
const twice = Array.from({ length: PICTURES }, (_, i) => [
  row(`a${i}`, `p${i}.png`, `small${i}.jpg`),
  row(`b${i}`, `copy${i}.png`, `small${(i + 1) % PICTURES}.jpg`),
]).flat();

describe('splitDataset', () => {
  it('keeps all triplets of a source picture together, whatever its files are called', async () => {
    const { summary, parts } = await split(twice);
    expect(parts.size).toBe(twice.length);
    for (let i = 0; i < PICTURES; i++) expect(parts.get(`a${i}`)).toBe(parts.get(`b${i}`));
    expect(summary).toMatchObject({ groups: PICTURES, largestGroup: 1, unreadable: 0, leaked: 0 });
    const sizes = Object.values(summary.parts).map(({ triplets }) => triplets);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(twice.length);
    for (const size of sizes) expect(size).toBeGreaterThan(0);
  });

  it('moves nothing when the dataset grows, or its order changes', async () => {
    const half = twice.slice(0, 40);
    const before = (await split(half)).parts;
    const after = (await split([...twice].reverse())).parts;
    for (const { id } of half) expect(after.get(id)).toBe(before.get(id));
    const other = (await split(half, { seed: 1 })).parts;
    expect(half.some(({ id }) => other.get(id) !== before.get(id))).toBe(true);
  });

  it('keeps the turns of an edit together', async () => {
    const turns = Array.from({ length: 8 }, (_, i) =>
      [0, 1, 2].map((turn) => row(`${i}/${turn}`, `p${i * 4 + turn}.png`, `p${i * 4 + turn + 1}.png`)),
    ).flat();
    const { summary, parts } = await split(turns);
    expect(summary).toMatchObject({ groups: 8, largestGroup: 3, leaked: 0 });
    for (let i = 0; i < 8; i++)
      expect(new Set([0, 1, 2].map((turn) => parts.get(`${i}/${turn}`))).size).toBe(1);
  });

  it('is not led by edits that many pictures share, such as one that is all black', async () => {
    const same = Array.from({ length: 10 }, (_, i) => row(`t${i}`, `p${i}.png`, 'p39.png'));
    expect((await split(same)).summary).toMatchObject({ groups: 10, largestGroup: 1 });
  });

  it('keeps pictures together that look alike, where it is asked to', async () => {
    await writeFile(
      join(folder, 'black.png'),
      await sharp({ create: { width: 8, height: 8, channels: 3, background: '#000' } })
        .png()
        .toBuffer(),
    );
    const alike = Array.from({ length: PICTURES }, (_, i) => [
      row(`a${i}`, `p${i}.png`, 'black.png'),
      row(`b${i}`, `small${i}.jpg`, 'black.png'),
    ]).flat();
    const { summary, parts } = await split(alike, { near: 8 });
    expect(summary).toMatchObject({ groups: PICTURES, largestGroup: 2, leaked: 0 });
    for (let i = 0; i < PICTURES; i++) expect(parts.get(`a${i}`)).toBe(parts.get(`b${i}`));
    expect((await split(alike)).summary.groups).toBe(2 * PICTURES);
  });

  it('leaves triplets out whose pictures cannot be read, and says so', async () => {
    const told: string[] = [];
    const rows = [
      ...twice.slice(0, 6),
      row('gone', 'gone.png', 'p1.png'),
      row('away', '../p1.png', 'p1.png'),
    ];
    const { summary, parts } = await split(rows, {
      emit: (event) => event.type === 'quarantined' && told.push(`${event.id}: ${event.reason}`),
    });
    expect(summary.unreadable).toBe(2);
    expect(parts.size).toBe(6);
    expect(told[0]).toMatch(/^gone: .*gone\.png: cannot read the picture/);
    expect(told[1]).toMatch(/^away: .*leads out of the dataset/);
  });

  it('refuses a part of another split, and ids that occur twice', async () => {
    await split(twice);
    const metadata = await openDataset(folder);
    await expect(
      splitDataset({ dataset: metadata, test: 0.3, validation: 0, seed: 0 }),
    ).rejects.toMatchObject({
      code: 'bad-input',
      message: 'there is a validation.jsonl from another split, but this split has no such part',
    });
    await expect(split([twice[0], twice[0]])).rejects.toMatchObject({
      message: 'two triplets have the same id',
    });
  });

  it('can give everything to one part', async () => {
    const { summary } = await split(twice, { test: 1, validation: 0 });
    expect(summary.parts).toMatchObject({ train: { triplets: 0 }, test: { triplets: twice.length } });
  });
});

describe('createPictureGroups', () => {
  it('calls a group after a picture that is no edit, so that a longer chain keeps its name', () => {
    const chain = [
      ['b', 'c'],
      ['a', 'b'],
      ['c', 'd'],
    ] as const;
    // Keys in the order of the letters.
    const key = (letter: string) => Buffer.alloc(12, letter.codePointAt(0));
    const nameOf = (length: number) => {
      const groups = createPictureGroups(undefined);
      const numbers = chain
        .slice(0, length)
        .map(([original, edited]) => groups.add({ original: key(original), edited: key(edited) }));
      return Buffer.from(groups.close()(numbers[0]));
    };
    expect([2, 3].map(nameOf)).toEqual([key('a'), key('a')]);
    const circle = createPictureGroups(undefined);
    const numbers = [
      circle.add({ original: key('x'), edited: key('y') }),
      circle.add({ original: key('y'), edited: key('x') }),
    ];
    const rootOf = circle.close();
    expect(numbers.map((number) => Buffer.from(rootOf(number)))).toEqual([key('x'), key('x')]);
    expect(circle.sizes()).toEqual({ groups: 1, largestGroup: 2 });
  });
});

describe('filterDataset', () => {
  const filter = async (rows: readonly object[], options: object) => {
    const opened = await dataset(rows);
    const summary = await filterDataset({ dataset: opened, out: viewPath(opened, 'view.jsonl'), ...options });
    return { summary, ids: (await lines('view.jsonl')).map(({ id }) => id) };
  };
  const scored = (id: string, following?: number) => ({
    ...row(id, 'p0.png', 'p1.png'),
    note: { any: ['thing', 1.5] },
    ...(following !== undefined && { reward: { scores: { following }, feedback: {} } }),
  });

  it('keeps the lines for which a condition holds as they are, and counts the others', async () => {
    const rows = [scored('a', 5), scored('b', 1), scored('c'), scored('d', 4)];
    const where = parseExpression('following >= 4');
    const { summary, ids } = await filter(rows, { where });
    expect(ids).toEqual(['a', 'd']);
    expect(summary).toEqual({ kept: 2, rejected: 1, unknown: 1, duplicates: 0, unreadable: 0 });
    expect(await lines('view.jsonl')).toEqual([rows[0], rows[3]]);
    const journal = new Map([
      ['c', 5],
      ['a', 0],
    ]);
    const answerOf = async (id: string) =>
      journal.has(id)
        ? {
            reward: { scores: { following: journal.get(id)! }, feedback: {} },
            measures: { 'preserve.psnr': 30 },
          }
        : undefined;
    expect((await filter(rows, { where, answerOf })).ids).toEqual(['c', 'd']);
    const measured = await filter(rows, { where: parseExpression('preserve.psnr > 20'), answerOf });
    expect(measured).toMatchObject({ ids: ['a', 'c'], summary: { unknown: 2 } });
  });

  it('leaves out duplicates: exact ones, or those that look alike', async () => {
    const rows = [
      row('first', 'p0.png', 'p1.png', 'Make it night.'),
      row('copy', 'copy0.png', 'copy1.png', 'Make it night.'),
      row('said', 'p0.png', 'p1.png', ' make it  night'),
      row('small', 'small0.jpg', 'small1.jpg', 'Make it night.'),
      row('other', 'p0.png', 'p1.png', 'Make it day.'),
      row('edit', 'p0.png', 'p2.png', 'Make it night.'),
      row('gone', 'p0.png', 'gone.png', 'Make it night.'),
    ];
    const exact = await filter(rows, { deduplicate: { how: 'exact', distance: 4 } });
    expect(exact.ids).toEqual(['first', 'said', 'small', 'other', 'edit']);
    expect(exact.summary).toMatchObject({ duplicates: 1, unreadable: 1 });
    const near = await filter(rows, { deduplicate: { how: 'near', distance: 4 } });
    expect(near.ids).toEqual(['first', 'other', 'edit']);
    expect(near.summary).toMatchObject({ duplicates: 3, unreadable: 1 });
  });

  it('leaves the view as it was when it is stopped or fails', async () => {
    const opened = await dataset(twice);
    const out = viewPath(opened, 'kept.jsonl');
    await writeFile(out, 'before');
    const stopped = filterDataset({ dataset: opened, out, signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
    await writeFile(join(folder, 'metadata.jsonl'), `${JSON.stringify(twice[0])}\n{"id": 1}\n`);
    await expect(filterDataset({ dataset: opened, out })).rejects.toMatchObject({ code: 'bad-input' });
    expect(await readFile(out, 'utf8')).toBe('before');
  });
});

describe('viewPath', () => {
  it('is a new file in the folder of the dataset', async () => {
    const opened = await dataset(twice);
    expect(viewPath(opened, 'good.jsonl')).toBe(join(folder, 'good.jsonl'));
    expect(viewPath(opened, join(folder, 'good.jsonl'))).toBe(join(folder, 'good.jsonl'));
    for (const name of [
      '../good.jsonl',
      '/tmp/good.jsonl',
      'a/good.jsonl',
      'good.json',
      'metadata.jsonl',
      'rewards.jsonl',
      'quarantine.jsonl',
    ]) {
      expect(() => viewPath(opened, name)).toThrow(expect.objectContaining({ code: 'usage', where: name }));
    }
    expect(existsSync(join(folder, 'good.jsonl'))).toBe(false);
  });
});
