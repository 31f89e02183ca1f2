import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blankPicture, convert, createTarget, encodePng, openSource } from '@rewardedit/data';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Benchmark } from './benchmark.ts';
import { openBenchmark } from './open-benchmark.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-benchmark-'));
});
afterEach(() => rm(folder, { recursive: true }));

const red = encodePng(blankPicture(8, 8, [200, 0, 0]));
const blue = encodePng(blankPicture(8, 8, [0, 0, 200]));

async function put(files: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, content instanceof Uint8Array ? content : JSON.stringify(content));
  }
}

const noNetwork = () => Promise.reject(new Error('no network'));
const open = (path = '.') => openBenchmark(join(folder, path), { columns: {}, fetch: noNetwork });
const plain = ({ items }: Benchmark) => items.map(({ id, instruction, kind }) => ({ id, instruction, kind }));

describe('openBenchmark', () => {
  it("reads Real-Edit's layout, both forms of its instructions", async () => {
    await put({
      'instructions.json': {
        '10.jpeg': ['1. Local: Change the hat to red.', '2. Remove: Remove the dog.'],
        '7.png': ['1. Local Edit: Turn the cup blue.', 'paint it'],
      },
      'images/10.jpeg': red,
      'images/7.png': blue,
    });
    const benchmark = await open();
    expect(benchmark.layout).toBe('Real-Edit');
    // Keys that look like integers come first, in ascending order, as in all JavaScript objects.
    expect(plain(benchmark)).toEqual([
      { id: '10-1', instruction: 'Change the hat to red.', kind: 'local' },
      { id: '10-2', instruction: 'Remove the dog.', kind: 'remove' },
      { id: '7-1', instruction: 'Turn the cup blue.', kind: 'local' },
    ]);
    expect(benchmark.unusable).toEqual([
      { id: '7-2', unusable: 'the instruction does not begin with "N. Kind:": paint it' },
    ]);
    expect(Buffer.compare(await benchmark.items[2].original(), blue)).toBe(0);
  });

  it('reads records by name, and a list of records', async () => {
    await put({
      'singleturn.json': {
        '1082': { id: 'animal/1.png', prompt: 'Add a hat.', edit_type: 'add' },
        '7': { id: 'animal/2.png', edit_type: 'remove' },
      },
      'list.json': [
        { key: 'a', instruction: 'Make it blue.', input_image: 'animal/1.png', output: 'animal/2.png' },
      ],
      'animal/1.png': red,
      'animal/2.png': blue,
    });
    const byName = await open('singleturn.json');
    expect(plain(byName)).toEqual([{ id: '1082', instruction: 'Add a hat.', kind: 'add' }]);
    expect(byName.unusable).toMatchObject([
      { id: '7', unusable: expect.stringMatching(/instruction, prompt/) },
    ]);
    const [item] = (await open('list.json')).items;
    expect(item.id).toBe('a');
    expect(Buffer.compare(await item.truth!(), blue)).toBe(0);
  });

  it('takes the true edits of a dataset, or its edited pictures if it has none', async () => {
    const lines = [
      { id: 'a', instruction: 'x', original: 'r.png', edited: 'b.png' },
      { id: 'b', instruction: 'y', original: 'r.png', edited: 'b.png', truth: 'r.png' },
    ];
    await put({ 'r.png': red, 'b.png': blue });
    await writeFile(
      join(folder, 'metadata.jsonl'),
      lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    );
    const [first, second] = (await open()).items;
    expect(Buffer.compare(await first.truth!(), blue)).toBe(0);
    expect(Buffer.compare(await second.truth!(), red)).toBe(0);
  });

  it('finds captions in the columns of a parquet file, and of records', async () => {
    const row = { original_image: 'r.png', edited_image: 'b.png', edit_prompt: 'make it blue' };
    const said = { original_prompt: 'a red square', edited_prompt: 'a blue square' };
    const record = { id: 'a', instruction: 'x', image: 'r.png', output: 'b.png' };
    await put({
      ...{ 'r.png': red, 'b.png': blue, 'rows.json': [{ ...row, ...said }, row] },
      'records.json': [{ ...record, output_caption: 'a blue square' }],
    });
    const source = await openSource(join(folder, 'rows.json'), { columns: {}, fetch: noNetwork });
    const sink = await createTarget(join(folder, 'rows.parquet'), 'parquet', { source: source.format });
    await convert({ source, sink });
    const captions = async (path: string) => (await open(path)).items.map((item) => item.captions);
    expect(await captions('rows.parquet')).toEqual([
      { original: 'a red square', edited: 'a blue square' },
      undefined,
    ]);
    // Here, `output` is a picture.
    expect(await captions('records.json')).toEqual([{ original: undefined, edited: 'a blue square' }]);
  });

  it('reads no picture outside of its folder', async () => {
    await put({ 'list.json': [{ id: 'a', instruction: 'x', image: '../secret.png' }] });
    const [item] = (await open('list.json')).items;
    await expect(item.original()).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/leads out of/),
    });
  });

  it('reports what is wrong', async () => {
    await put({ 'instructions.json': { 'a.png': ['1. Add: a hat'] } });
    await expect(open()).rejects.toMatchObject({ message: expect.stringMatching(/none of the 1 photos/) });
    await put({ 'twice.json': [1, 2].map(() => ({ id: 'a', instruction: 'x', image: 'r.png' })) });
    await expect(open('twice.json')).rejects.toMatchObject({
      message: expect.stringMatching(/two items have the id a/),
    });
    await writeFile(join(folder, 'cut.json'), '{"a":');
    await expect(open('cut.json')).rejects.toMatchObject({
      message: expect.stringMatching(/this is not valid JSON/),
    });
    await expect(open('nothing')).rejects.toMatchObject({ code: 'bad-input' });
  });
});
