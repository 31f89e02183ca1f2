import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it, onTestFinished } from 'vitest';
import { open, rowsOf, temporaryFolder } from '../dataset.test.helper.ts';
import { LargePageError } from './parquet-limits.ts';
import { assertRuns } from './parquet-runs.ts';

const CONTENTS = {
  values: 100,
  encoding: 'PLAIN',
  type: 'BYTE_ARRAY',
  maxRepetition: 0,
  maxDefinition: 1,
} as const;

/** A number of up to 32 bits as runs have it. */
function varInt(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varInt(Math.floor(value / 0x80))];
}

/** Levels as pages of version 1 have them. */
function levels(...runs: number[]): Uint8Array {
  return Uint8Array.from([runs.length, 0, 0, 0, ...runs]);
}

/** A run of one value. */
const repeated = (count: number, value: number) => [...varInt(count * 2), value];

describe('assertRuns', () => {
  it('accepts valid pages', () => {
    assertRuns(levels(...repeated(100, 1)), CONTENTS);
    assertRuns(levels(...repeated(60, 1), ...varInt(5 * 2 + 1), 1, 2, 3, 4, 5), CONTENTS);
    const indices = { ...CONTENTS, maxDefinition: 0, encoding: 'RLE_DICTIONARY' };
    assertRuns(Uint8Array.from([3, ...repeated(100, 7)]), indices);
    assertRuns(Uint8Array.from([0]), indices);
    const booleans = { ...CONTENTS, maxDefinition: 0, encoding: 'RLE', type: 'BOOLEAN' } as const;
    const none = new Uint8Array();
    assertRuns(levels(...repeated(100, 1)), booleans, { repetition: none, definition: none });
  });

  it.each([2 ** 31 - 1, 2 ** 28, 101])(
    'refuses a run of %i in a page of 100 values, anywhere in it',
    (count) => {
      const run = repeated(count, 1);
      const refused = expect.objectContaining({ message: `a run of ${count} in a page of 100 values` });
      expect(() => assertRuns(levels(...run), CONTENTS)).toThrow(refused);
      expect(() => assertRuns(levels(...repeated(99, 1), ...run), CONTENTS)).toThrow(refused);
      const indices = { ...CONTENTS, encoding: 'RLE_DICTIONARY' };
      expect(() => assertRuns(Uint8Array.from([...levels(...repeated(100, 1)), 3, ...run]), indices)).toThrow(
        refused,
      );
      const none = new Uint8Array();
      expect(() =>
        assertRuns(none, CONTENTS, { repetition: none, definition: Uint8Array.from(run) }),
      ).toThrow(refused);
      const booleans = { ...CONTENTS, maxDefinition: 0, encoding: 'RLE', type: 'BOOLEAN' } as const;
      expect(() => assertRuns(levels(...run), booleans)).toThrow(refused);
      expect(() => assertRuns(levels(...run), booleans, { repetition: none, definition: none })).toThrow(
        refused,
      );
    },
  );

  it('refuses texts that repeat long prefixes', () => {
    // Of 1,000 texts the first has 2 MB, and all others are the same, in some bytes.
    const [count, length] = [1000, 2 ** 21];
    const delta = (first: number, then: readonly number[]) => [
      ...varInt(1024),
      ...varInt(1),
      ...varInt(count),
      ...varInt(first * 2),
      ...then,
    ];
    // Blocks of one miniblock: the least difference, the width of the others (0: all are the least).
    const prefixes = [...delta(0, [...varInt(length * 2), 0])];
    const page = Uint8Array.from([...prefixes, ...delta(length, [...varInt(0), 0]), ...new Uint8Array(8)]);
    const contents = { ...CONTENTS, values: count, maxDefinition: 0, encoding: 'DELTA_BYTE_ARRAY' };
    expect(() => assertRuns(page, contents)).toThrow(LargePageError);
  });
});

it('refuses a file with a hostile run before it takes memory, and reads one without', async () => {
  const here = await temporaryFolder(onTestFinished);
  const count = 20_000;
  const column = (name: string) => ({ name, data: Array.from({ length: count }, () => 'x.png') });
  const whole = Buffer.from(
    parquetWriteBuffer({
      columnData: ['original', 'edited', 'instruction'].map(column),
      rowGroupSize: count,
      codec: 'UNCOMPRESSED',
      schema: [
        { name: 'root', num_children: 3 },
        ...['original', 'edited', 'instruction'].map((name) => ({
          ...({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const),
        })),
      ],
    }),
  );
  const path = join(here, 'rows.parquet');
  await writeFile(path, whole);
  expect(await rowsOf(await open(path))).toHaveLength(count);
  const run = Buffer.from([...varInt(count * 2), 1]);
  const at = whole.indexOf(run);
  expect(at).toBeGreaterThan(0);
  Buffer.from([0xfe, 0xff, 0x7f]).copy(whole, at);
  await writeFile(path, whole);
  await expect(rowsOf(await open(path))).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining('a run of 1048575 in a page of 20000 values'),
  });
});
