import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { parquetMetadataAsync } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { RewardEditError } from '@rewardedit/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkTriplet } from '../rows/checked-triplet.ts';
import { convertTo, open, rowsOf, samplePicture, temporaryFolder } from '../dataset.test.helper.ts';
import type { SourceTriplet } from '../rows/source-triplet.ts';

type Schema = NonNullable<Parameters<typeof parquetWriteBuffer>[0]['schema']>;

const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const;
const image = (name: string): Schema => [
  { name, repetition_type: 'OPTIONAL', num_children: 2 },
  { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
  { name: 'path', ...TEXT },
];

type Cell =
  string | number | bigint | null | { readonly bytes: Uint8Array | null; readonly path: string | null };

/** A parquet file as Hugging Face writes it. */
function table(columns: Readonly<Record<string, readonly Cell[]>>, rowGroupSize = 1000): Buffer {
  const names = Object.keys(columns);
  const schema = names.flatMap((name): Schema => {
    const value = columns[name].find((cell) => cell !== null);
    if (typeof value === 'object') return image(name);
    if (typeof value === 'bigint') return [{ name, type: 'INT64', repetition_type: 'OPTIONAL' }];
    return [{ name, ...TEXT }];
  });
  const bytes = parquetWriteBuffer({
    columnData: names.map((name) => ({ name, data: [...columns[name]] })),
    schema: [{ name: 'root', num_children: names.length }, ...schema],
    rowGroupSize,
  });
  return Buffer.from(bytes);
}

const struct = async (number: number) => ({ bytes: await samplePicture(number), path: `${number}.jpg` });

async function magicBrush(rowGroupSize?: number): Promise<Buffer> {
  const pictures = await Promise.all([1, 2, 3, 4].map(struct));
  return table(
    {
      img_id: ['10', '10', '11'],
      turn_index: [1n, 2n, 1n],
      source_img: [pictures[0], pictures[1], pictures[0]],
      mask_img: [pictures[3], pictures[3], pictures[3]],
      instruction: ['a', 'b', 'c'],
      target_img: [pictures[1], pictures[2], null],
    },
    rowGroupSize,
  );
}

describe('parquetSource', () => {
  it('sets the split of each triplet from the file names', async () => {
    const here = await temporaryFolder(onTestFinished);
    const [a, b] = [[await struct(1)], [await struct(2)]];
    const row = table({ original: a, edited: b, instruction: ['x'] });
    for (const name of ['train-00000-of-00001-abc', 'dev-00000-of-00001-abc'])
      await writeFile(join(here, `${name}.parquet`), row);
    await writeFile(join(here, '._train-00000-of-00001-abc.parquet'), 'what a Mac leaves');
    expect(await rowsOf(await open(here))).toMatchObject([
      { record: { split: 'dev' } },
      { record: { split: 'train' } },
    ]);
  });

  it('reads MagicBrush with row groups of any size', async () => {
    const here = await temporaryFolder(onTestFinished);
    for (const size of [1, 2, 1000]) {
      const path = join(here, `dev-${size}.parquet`);
      await writeFile(path, await magicBrush(size));
      const source = await open(path);
      const rows = (await rowsOf(source)) as SourceTriplet[];
      expect(rows).toMatchObject([
        { record: { id: '10/1', instruction: 'a', split: 'dev' }, extra: {} },
        { record: { id: '10/2', instruction: 'b', split: 'dev' }, extra: {} },
        {
          ...{ id: '11/1', where: `${path}, row 2` },
          unusable: 'there is no picture in the column target_img',
        },
      ]);
      expect(source.notes()).toEqual(['left out, because a triplet has no field for them: mask_img']);
      const { original, edited } = (await checkTriplet(rows[1])).pictures;
      expect(Buffer.from(original.bytes)).toEqual(await samplePicture(2));
      expect(Buffer.from(edited.bytes)).toEqual(await samplePicture(3));
    }
  });

  it('reads the shards of a folder by name, with ids from the place of a row', async () => {
    const here = await temporaryFolder(onTestFinished);
    const columns = async (text: string) => ({
      original_image: [await struct(1), await struct(2)],
      edit_prompt: [`${text}0`, `${text}1`],
      edited_image: [await struct(3), await struct(4)],
      edited_prompt: ['p', 'q'],
    });
    await writeFile(join(here, 'train-00001.parquet'), table(await columns('b')));
    await writeFile(join(here, 'train-00000.parquet'), table(await columns('a')));
    await writeFile(join(here, 'README.md'), 'no shard');
    const rows = await rowsOf(await open(here));
    expect(rows).toMatchObject([
      { record: { id: 'train-00000:0', instruction: 'a0' }, extra: { edited_prompt: 'p' } },
      { record: { id: 'train-00000:1', instruction: 'a1' } },
      { record: { id: 'train-00001:0', instruction: 'b0' } },
      { record: { id: 'train-00001:1', instruction: 'b1' } },
    ]);
  });

  it('sets every row aside if a required column is all null; ids then come from the place', async () => {
    const here = await temporaryFolder(onTestFinished);
    const whole = { original: [await struct(1)], edited: [await struct(2)], instruction: ['x'], id: ['a'] };
    for (const [column, expected] of [
      ['id', { record: { id: 'a:0' } }],
      ['instruction', { id: 'a', unusable: 'the column instruction is empty or missing' }],
      ['edited', { id: 'a', unusable: 'there is no picture in the column edited' }],
    ] as const) {
      await writeFile(join(here, 'a.parquet'), table({ ...whole, [column]: [null] }));
      expect(await rowsOf(await open(join(here, 'a.parquet')))).toMatchObject([expected]);
    }
  });

  it('uses chosen columns, and lists the columns if none are known', async () => {
    const here = await temporaryFolder(onTestFinished);
    const path = join(here, 'a.parquet');
    await writeFile(path, table({ before: [await struct(1)], after: [await struct(2)], what: ['x'] }));
    const columns = { original: 'before', edited: 'after', instruction: 'what' };
    expect(await rowsOf(await open(path, { columns }))).toMatchObject([
      { record: { id: 'a:0', instruction: 'x' } },
    ]);
    await expect(rowsOf(await open(path))).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('before, after, what'),
      hint: expect.stringContaining('--columns'),
    });
  });

  it('refuses a truncated, foreign or damaged file without crashing', async () => {
    const here = await temporaryFolder(onTestFinished);
    const path = join(here, 'a.parquet');
    const whole = await magicBrush();
    const attempt = async (bytes: Buffer) => {
      await writeFile(path, bytes);
      try {
        const rows = await rowsOf(await open(path));
        for (const row of rows.slice(0, 2)) if (!('unusable' in row)) await checkTriplet(row);
        return 'read';
      } catch (error) {
        return error instanceof RewardEditError && error.code === 'bad-input' ? 'refused' : error;
      }
    };
    expect(await attempt(whole)).toBe('read');
    for (const length of [0, 3, 8, 100, whole.length - 9, whole.length - 1]) {
      expect(await attempt(whole.subarray(0, length))).toBe('refused');
    }
    expect(await attempt(Buffer.from('PAR1 and no more PAR1'))).toBe('refused');
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (at, value) => {
        const bytes = Buffer.from(whole);
        bytes[at] = value;
        expect(['read', 'refused']).toContain(await attempt(bytes));
      }),
      { numRuns: 150 },
    );
  });

  it('refuses a footer that claims to be larger than the file, before it is read', async () => {
    const here = await temporaryFolder(onTestFinished);
    const bytes = await magicBrush();
    bytes.writeUInt32LE(0x7fffffff, bytes.length - 8);
    await writeFile(join(here, 'a.parquet'), bytes);
    await expect(rowsOf(await open(join(here, 'a.parquet')))).rejects.toMatchObject({
      message: 'not a complete parquet file: its footer is too large',
    });
  });

  it('treats __proto__ as a column', async () => {
    const here = await temporaryFolder(onTestFinished);
    const path = join(here, 'a.parquet');
    await writeFile(
      path,
      table({
        original: [await struct(1)],
        edited: [await struct(2)],
        instruction: ['x'],
        ['__proto__']: ['y'],
      }),
    );
    expect(await rowsOf(await open(path))).toMatchObject([{ record: { instruction: 'x' } }]);
    expect(({} as Record<string, unknown>)['y']).toBeUndefined();
  });
});

describe('createParquet', () => {
  it("writes pictures for Hugging Face's datasets, in row groups of at most 1000", async () => {
    const here = await temporaryFolder(onTestFinished);
    const picture = `data:image/jpeg;base64,${(await samplePicture(1)).toString('base64')}`;
    const rows = Array.from({ length: 2100 }, (_, i) => ({
      id: `t${i}`,
      instruction: 'x',
      original: picture,
      edited: picture,
    }));
    await writeFile(join(here, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await convertTo(join(here, 'rows.jsonl'), join(here, 'shards'), 'parquet');
    const bytes = await readFile(join(here, 'shards', 'train-00000.parquet'));
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const { row_groups: groups, key_value_metadata: pairs, schema } = await parquetMetadataAsync(buffer);
    expect(groups.map(({ num_rows: count }) => Number(count))).toEqual([1000, 1000, 100]);
    const value = pairs?.find(({ key }) => key === 'huggingface')?.value;
    const features = (JSON.parse(value!) as { info: { features: object } }).info.features;
    expect(features).toMatchObject({
      original: { _type: 'Image' },
      edited: { _type: 'Image' },
      score_quality: { dtype: 'float64' },
    });
    const first = schema.findIndex(({ name }) => name === 'original');
    expect(schema.slice(first, first + 3).map(({ name }) => name)).toEqual(['original', 'bytes', 'path']);
  });
});
