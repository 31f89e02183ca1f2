import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';
import { sizeOf, toFloat16 } from '@rewardedit/graph';
import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  integer,
  json,
  nat,
  property,
  record,
  string,
  uniqueArray,
} from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseHeader } from './safetensors-header.ts';
import { writeSafetensors } from './safetensors-writer.ts';
import { openSafetensors } from './safetensors.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
  path = join(folder, 'x.safetensors');
});
afterAll(() => rm(folder, { recursive: true }));

/** A file from its header, as text, bytes or JSON, and its data. */
function fileOf(header: unknown, data: Uint8Array | number = 0, length?: bigint): Uint8Array {
  const json = header instanceof Uint8Array ? header : Buffer.from(asText(header));
  const body = typeof data === 'number' ? new Uint8Array(data) : data;
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([prefix, json, body]);
}

function asText(header: unknown): string {
  return typeof header === 'string' ? header : JSON.stringify(header);
}

/** Opens these bytes as a file and reads every tensor: what was wrong, or 'fine'. Any error but our own is thrown on. */
async function problemOf(bytes: Uint8Array): Promise<string> {
  await writeFile(path, bytes);
  try {
    const file = await openSafetensors(path);
    try {
      for (const [name, { dtype }] of file.tensors) {
        await (dtype.startsWith('F') || dtype === 'BF16' ? file.float32(name) : file.int32(name));
      }
    } finally {
      await file.close();
    }
    return 'fine';
  } catch (error) {
    if (error instanceof RewardEditError && error.code === 'bad-input') return error.message;
    throw error;
  }
}

const entry = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('invalid files', () => {
  const huge = Number.MAX_SAFE_INTEGER;
  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /0 bytes, too few/],
    ['too short for the length', new Uint8Array(7), /7 bytes, too few/],
    ['a header of 2^64 - 1 bytes', fileOf('{}', 0, 2n ** 64n - 1n), /claims 18446744073709551615 bytes/],
    ['a header over the limit', fileOf('{}', 0, 100_000_001n), /more than the limit of 100000000/],
    ['a header longer than the file', fileOf('{}', 0, 3n), /claims 3 bytes, but the file has only 10/],
    ['a header that is not UTF-8', fileOf(Buffer.from([0x7b, 0xff, 0x7d])), /not UTF-8/],
    ['a header that is not JSON', fileOf('{"a":'), /not valid JSON/],
    ['no header', fileOf(''), /does not begin with/],
    ['a header that is a list', fileOf('[]'), /does not begin with "\{"/],
    ['blanks in front of the header', fileOf(' {}'), /does not begin with/],
    ['a byte order mark', fileOf('\ufeff{}'), /does not begin with/],
    ['something behind the header', fileOf('{}{}'), /not valid JSON/],
    [
      'the same tensor twice',
      fileOf(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        4,
      ),
      /"a" twice/,
    ],
    [
      'the same tensor twice, written differently',
      fileOf(
        '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      ),
      /"a" twice/,
    ],
    [
      'the same field twice',
      fileOf('{"a":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}}', 4),
      /"dtype" twice/,
    ],
    ['the same note twice', fileOf('{"__metadata__":{"x":"1","x":"2"}}'), /"x" twice/],
    [
      'an unknown type',
      fileOf({ a: { ...entry(0, 4), dtype: 'F31' } }, 4),
      /tensor "a": dtype is "F31", not one of/,
    ],
    [
      'a type from the prototype',
      fileOf({ a: { ...entry(0, 4), dtype: 'toString' } }, 4),
      /dtype is "toString"/,
    ],
    ['no type', fileOf({ a: { shape: [1], data_offsets: [0, 4] } }, 4), /dtype is undefined/],
    ['an entry that is no object', fileOf({ a: 3 }), /entry is not an object/],
    ['an unknown field', fileOf({ a: { ...entry(0, 4), stride: 1 } }, 4), /unknown key "stride"/],
    ['a shape that is no list', fileOf({ a: { ...entry(0, 4), shape: 1 } }, 4), /shape is 1/],
    ['a negative size', fileOf({ a: { ...entry(0, 4), shape: [-1] } }, 4), /shape is \[-1\]/],
    ['a fractional size', fileOf({ a: { ...entry(0, 4), shape: [0.5, 2] } }, 4), /shape is \[0.5,2\]/],
    [
      'an inexact size',
      fileOf('{"a":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4]}}', 4),
      /shape is/,
    ],
    [
      'a shape whose product overflows',
      fileOf({ a: { ...entry(0, 4), shape: [huge, huge] } }, 4),
      /needs .* bytes/,
    ],
    [
      'a shape that needs more than its data',
      fileOf({ a: entry(0, 4, [2]) }, 4),
      /needs 8 bytes, its data has 4/,
    ],
    [
      'a shape that needs less than its data',
      fileOf({ a: entry(0, 8, [1]) }, 8),
      /needs 4 bytes, its data has 8/,
    ],
    [
      'offsets that are no pair',
      fileOf({ a: { ...entry(0, 4), data_offsets: [0] } }, 4),
      /data_offsets is \[0\]/,
    ],
    ['negative offsets', fileOf({ a: entry(-4, 0) }, 4), /data_offsets is \[-4,0\]/],
    [
      'data that ends before it begins',
      fileOf({ a: { ...entry(4, 0), shape: [1] } }, 4),
      /ends \(0\) before it begins/,
    ],
    ['data behind the end', fileOf({ a: entry(0, 8) }, 4), /ends at byte 8, but the file has only 4/],
    [
      'data far behind the end',
      fileOf({ a: { dtype: 'U8', shape: [huge], data_offsets: [0, huge] } }, 4),
      /the file has only 4/,
    ],
    ['overlapping data', fileOf({ a: entry(0, 8), b: entry(4, 12) }, 12), /tensor "b": its data overlaps/],
    ['the same data twice', fileOf({ a: entry(0, 4), b: entry(0, 4) }, 4), /overlaps/],
    ['a hole', fileOf({ a: entry(0, 4), b: entry(8, 12) }, 12), /bytes 4 to 8 before it/],
    ['a hole at the start', fileOf({ a: entry(4, 8) }, 8), /bytes 0 to 4/],
    ['data that nothing describes', fileOf({ a: entry(0, 4) }, 12), /last 8 bytes belong to no tensor/],
    ['only data', fileOf({}, 4), /last 4 bytes/],
    ['notes that are no object', fileOf({ __metadata__: 'x' }), /__metadata__ is not an object/],
    ['notes that are not text', fileOf({ __metadata__: { step: 3 } }), /__metadata__.step is not a string/],
    [
      'an integer too large for int32',
      fileOf({ a: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, new Uint8Array(8).fill(0x7f)),
      /does not fit into 32 bits/,
    ],
  ])('%s', async (_, bytes, problem) => {
    expect(await problemOf(bytes)).toMatch(problem);
  });

  it.each<[string, Uint8Array]>([
    ['an empty file', fileOf({})],
    ['blanks behind the header', fileOf('{}      ')],
    ['a scalar', fileOf({ a: entry(0, 4, []) }, 4)],
    ['a tensor without elements', fileOf({ a: entry(0, 0, [0, huge]), b: entry(0, 4) }, 4)],
    ['tensors out of order', fileOf({ b: entry(4, 8), a: entry(0, 4) }, 8)],
    [
      'names from the prototype',
      fileOf(
        '{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"constructor":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
        2,
      ),
    ],
    ['a quote in a name', fileOf({ 'a"{,:"b': entry(0, 4) }, 4)],
  ])('but %s is valid', async (_, bytes) => {
    expect(await problemOf(bytes)).toBe('fine');
  });

  it('names the file, also if it is missing', async () => {
    const absent = join(folder, 'absent.safetensors');
    await expect(openSafetensors(absent)).rejects.toMatchObject({ code: 'bad-input', where: absent });
    await expect(openSafetensors(folder)).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('damage', () => {
  const whole = fileOf(
    {
      __metadata__: { format: 'pt' },
      'a.weight': entry(0, 24, [2, 3]),
      b: { dtype: 'I64', shape: [2], data_offsets: [24, 40] },
    },
    40,
  );

  it('by flipped bits gives a typed error or another valid file', async () => {
    const flips = array(integer({ min: 0, max: whole.length * 8 - 1 }), { minLength: 1, maxLength: 4 });
    await assert(
      asyncProperty(flips, async (bits) => {
        const bytes = Uint8Array.from(whole);
        for (const bit of bits) bytes[bit >> 3] ^= 1 << (bit & 7);
        expect(await problemOf(bytes)).toMatch(/./);
      }),
      { numRuns: 300 },
    );
  });

  it('by an arbitrary JSON header gives a typed error or a valid header', () => {
    const outcome = (text: string, dataBytes: number) => {
      try {
        const { tensors } = parseHeader(Buffer.from(text), dataBytes, 'x');
        return [...tensors.values()].every(({ end }) => end <= dataBytes) ? 'valid' : 'out of bounds';
      } catch (error) {
        return error instanceof RewardEditError ? 'refused' : String(error);
      }
    };
    assert(
      property(json(), nat(64), (text, dataBytes) => {
        expect(['valid', 'refused']).toContain(outcome(text, dataBytes));
      }),
    );
  });

  it('by truncation is detected at every length', async () => {
    expect(await problemOf(whole)).toBe('fine');
    for (let length = 0; length < whole.length; length++)
      expect([length, await problemOf(whole.subarray(0, length))]).not.toEqual([length, 'fine']);
  });

  it('during reading is detected', async () => {
    await writeFile(path, whole);
    const file = await openSafetensors(path);
    await truncate(path, whole.length - 30);
    await expect(file.float32('a.weight')).rejects.toMatchObject({ code: 'bad-input' });
    await file.close();
  });
});

describe('values', () => {
  async function read(dtype: string, bytes: Uint8Array, shape: number[]) {
    await writeFile(path, fileOf({ x: { dtype, shape, data_offsets: [0, bytes.length] } }, bytes));
    return openSafetensors(path);
  }
  const bytesOf = (values: { buffer: ArrayBufferLike }) => new Uint8Array(values.buffer);

  it('of all float types become float32', async () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x7c00, 0x8000);
    const half = await read('F16', bytesOf(halves), [6]);
    expect([...(await half.float32('x'))]).toEqual([1, -2, 0.333251953125, 2 ** -24, Infinity, -0]);
    await half.close();
    const brain = await read('BF16', bytesOf(Uint16Array.of(0x3f80, 0xc049, 0x7f80)), [3]);
    expect([...(await brain.float32('x'))]).toEqual([1, -3.140625, Infinity]);
    await brain.close();
    const double = await read('F64', bytesOf(Float64Array.of(0.1, -1e300)), [2]);
    expect([...(await double.float32('x'))]).toEqual([Math.fround(0.1), -Infinity]);
    await double.close();
    const pixels = await read('U8', Uint8Array.of(0, 7, 255), [3]);
    expect([...(await pixels.float32('x'))]).toEqual([0, 7, 255]);
    expect([...(await pixels.int32('x'))]).toEqual([0, 7, 255]);
    await pixels.close();
  });

  it('of all integer types become int32, and neither kind is read as the other', async () => {
    const wide = await read('I64', bytesOf(BigInt64Array.of(-5n, 2147483647n)), [2]);
    expect([...(await wide.int32('x'))]).toEqual([-5, 2147483647]);
    await expect(wide.float32('x')).rejects.toThrow('cannot be read as float32');
    await wide.close();
    const unsigned = await read('U32', bytesOf(Uint32Array.of(1, 2 ** 31)), [2]);
    await expect(unsigned.int32('x')).rejects.toThrow('does not fit');
    await unsigned.close();
    const float = await read('F32', bytesOf(Float32Array.of(1)), [1]);
    await expect(float.int32('x')).rejects.toThrow('cannot be read as int32');
    await expect(float.float32('y')).rejects.toThrow('there is no tensor "y"');
    await float.close();
  });
});

it('does not read 32- or 64-bit integers as floats, which would round them', async () => {
  const path = join(folder, 'wide.safetensors');
  await writeFile(path, fileOf({ a: { dtype: 'U32', shape: [1], data_offsets: [0, 4] } }, 4));
  const file = await openSafetensors(path);
  await expect(file.float32('a')).rejects.toThrow('U32, which cannot be read as float32');
  await file.close();
});

it('reads 8-bit floats of both kinds', async () => {
  const path = join(folder, 'eight.safetensors');
  const entries = {
    e4m3: { dtype: 'F8_E4M3', shape: [6], data_offsets: [0, 6] },
    e5m2: { dtype: 'F8_E5M2', shape: [6], data_offsets: [6, 12] },
  };
  // One, the largest number, the smallest one, minus one and a half, zero, no number; then the same, with infinity in place of zero.
  const e4m3 = [0x38, 0x7e, 0x01, 0xbc, 0x00, 0x7f];
  const e5m2 = [0x3c, 0x7b, 0x01, 0xbe, 0x7c, 0x7f];
  await writeFile(path, fileOf(entries, Uint8Array.from([...e4m3, ...e5m2])));
  const file = await openSafetensors(path);
  expect([...(await file.float32('e4m3'))]).toEqual([1, 448, 2 ** -9, -1.5, 0, NaN]);
  expect([...(await file.float32('e5m2'))]).toEqual([1, 57344, 2 ** -16, -1.5, Infinity, NaN]);
  await file.close();
});

describe('writeSafetensors', () => {
  it('writes what openSafetensors reads, for any names and shapes', async () => {
    const tensor = record({
      name: string({ unit: 'grapheme', maxLength: 12 }).filter((name) => name !== '__metadata__'),
      shape: array(nat(4), { maxLength: 3 }),
      dtype: constantFrom('f32', 'i32'),
    });
    const list = uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 });
    await assert(
      asyncProperty(list, async (tensors) => {
        const specs = Object.fromEntries(tensors.map(({ name, ...spec }) => [name, spec] as const));
        const valuesOf = (name: string) => {
          const { shape, dtype } = specs[name];
          const values = Array.from({ length: sizeOf(shape) }, (_, i) => i * 3 - name.length);
          return dtype === 'f32' ? Float32Array.from(values) : Int32Array.from(values);
        };
        await writeSafetensors(path, specs, valuesOf, { format: 'pt' });
        const file = await openSafetensors(path);
        expect([...file.tensors.keys()].toSorted()).toEqual(Object.keys(specs).toSorted());
        for (const [name, { dtype, shape }] of file.tensors) {
          expect(shape).toEqual(specs[name].shape);
          expect(await (dtype === 'F32' ? file.float32(name) : file.int32(name))).toEqual(valuesOf(name));
        }
        expect([...file.metadata]).toEqual([['format', 'pt']]);
        await file.close();
      }),
      { numRuns: 50 },
    );
  });

  it('writes the same bytes for the same tensors, with the data at a multiple of 8 bytes', async () => {
    const values = { b: Float32Array.of(1, 2), a: Float32Array.of(3) };
    const shapes = { b: { shape: [2] }, a: { shape: [1] } };
    await writeSafetensors(path, shapes, (name) => values[name as 'a' | 'b']);
    const first = await readFile(path);
    await writeSafetensors(path, { a: shapes.a, b: shapes.b }, (name) => values[name as 'a' | 'b']);
    expect(await readFile(path)).toEqual(first);
    expect(Number(first.readBigUInt64LE()) % 8).toBe(0);
  });

  it('keeps the old file if a new one cannot be completed', async () => {
    await writeSafetensors(path, { a: { shape: [1] } }, () => Float32Array.of(1));
    const old = await readFile(path);
    const failing = writeSafetensors(path, { a: { shape: [1] }, b: { shape: [2] } }, () =>
      Float32Array.of(5),
    );
    await expect(failing).rejects.toThrow('"b" is declared as f32 2, but was given 1 values');
    expect(await readFile(path)).toEqual(old);
  });

  it.each([
    ['f16', 'F16', [1.5, -0, 65504, 2 ** -24]],
    ['bf16', 'BF16', [1.5, -0, 2 ** 127, 2 ** -133]],
  ] as const)('writes %s, from floats and from float16', async (dtype, stored, numbers) => {
    const spec = { a: { shape: [4], dtype } };
    await writeSafetensors(path, spec, () => Float32Array.from(numbers, (value) => value * (1 + 2 ** -12)));
    const file = await openSafetensors(path);
    expect(file.tensors.get('a')).toMatchObject({ dtype: stored, begin: 0, end: 8 });
    expect([...(await file.float32('a'))]).toEqual(numbers);
    await file.close();
    await writeSafetensors(path, spec, () => toFloat16(Float32Array.of(1.5, -0, 4, 0.25)));
    const again = await openSafetensors(path);
    expect([...(await again.float32('a'))]).toEqual([1.5, -0, 4, 0.25]);
    await again.close();
  });

  it.each([
    ['f16', Float32Array.of(1, 65520), 'the tensor "a" cannot be saved as F16: it contains 65520'],
    ['bf16', Float32Array.of(1, -3.4e38), 'cannot be saved as BF16: it contains -3.39'],
    ['i32', Float32Array.of(1, 2), 'cannot be saved as I32: it contains floats'],
    ['f32', Int32Array.of(1, 2), 'cannot be saved as F32: it contains integers'],
  ] as const)('refuses what %s does not hold', async (dtype, values, message) => {
    await expect(writeSafetensors(path, { a: { shape: [2], dtype } }, () => values)).rejects.toThrow(message);
  });
});
