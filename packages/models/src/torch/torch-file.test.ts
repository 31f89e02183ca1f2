import { RewardEditError, createRandom } from '@rewardedit/core';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from './byte-source.ts';
import { pickleOf, storedZip, tensorPickle, type PickledWeight } from './torch-files.test.helper.ts';
import { readTorchFile } from './torch-file.ts';

function sourceOf(bytes: Uint8Array): ByteSource {
  return {
    path: 'weights.bin',
    size: bytes.length,
    read: async (position, length) => {
      if (position + length > bytes.length) throw new RangeError('behind the end');
      return bytes.slice(position, position + length);
    },
  };
}

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const WEIGHTS: Record<string, PickledWeight> = {
  'conv.weight': { storage: 'FloatStorage', key: '0', offset: 1, shape: [2, 2], strides: [2, 1] },
  turned: { storage: 'FloatStorage', key: '0', offset: 0, shape: [3, 2], strides: [1, 3] },
  half: { storage: 'HalfStorage', key: '1', offset: 0, shape: [2], strides: [1] },
  scalar: { storage: 'LongStorage', key: '2', offset: 0, shape: [], strides: [] },
};
const DATA = {
  'archive/data/0': floats(0, 1, 2, 3, 4, 5),
  'archive/data/1': new Uint8Array([0x00, 0x3c, 0x00, 0xc0]),
  'archive/data/2': new Uint8Array([7, 0, 0, 0, 0, 0, 0, 0]),
  'archive/byteorder': new TextEncoder().encode('little'),
};
const fileWith = (pickle: Uint8Array, data: Record<string, Uint8Array> = DATA) =>
  storedZip({ 'archive/data.pkl': pickle, ...data });
const VALID = fileWith(tensorPickle(WEIGHTS));

/** What is said of a file, or 'fine'. */
async function problemOf(bytes: Uint8Array): Promise<string> {
  try {
    const file = await readTorchFile(sourceOf(bytes));
    for (const [name, { dtype }] of file.tensors)
      await (dtype === 'I64' ? file.int32(name) : file.float32(name));
    return 'fine';
  } catch (error) {
    if (error instanceof RewardEditError && error.code === 'bad-input') return error.message;
    throw error;
  }
}

describe('a torch file', () => {
  it('has its tensors, including views of a storage, transposed ones and scalars', async () => {
    const file = await readTorchFile(sourceOf(VALID));
    expect([...file.tensors].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
      ['conv.weight', 'F32', [2, 2]],
      ['turned', 'F32', [3, 2]],
      ['half', 'F16', [2]],
      ['scalar', 'I64', []],
    ]);
    expect([...(await file.float32('conv.weight'))]).toEqual([1, 2, 3, 4]);
    expect([...(await file.float32('turned'))]).toEqual([0, 3, 1, 4, 2, 5]);
    expect([...(await file.float32('half'))]).toEqual([1, -2]);
    expect([...(await file.int32('scalar'))]).toEqual([7]);
  });

  it('may keep them under state_dict', async () => {
    const file = await readTorchFile(sourceOf(fileWith(tensorPickle(WEIGHTS, { under: 'state_dict' }))));
    expect([...file.tensors.keys()]).toEqual(Object.keys(WEIGHTS));
  });
});

describe('invalid files', () => {
  const weight = (changes: Partial<PickledWeight>) =>
    fileWith(tensorPickle({ a: { ...WEIGHTS['conv.weight'], ...changes } }));
  it.each([
    [
      'a call of a program',
      fileWith(pickleOf('cposix\nsystem\n', 'X\x04\0\0\0true', '\x85R.')),
      /refers to posix\.system/,
    ],
    [
      'a name that a stack makes',
      fileWith(pickleOf('\x8c\x08builtins\x8c\x04eval\x93.')),
      /refers to builtins\.eval/,
    ],
    ['an attribute of a known module', fileWith(pickleOf('ctorch\nload\n.')), /refers to torch\.load/],
    ['a name from every object', fileWith(pickleOf('c__proto__\ntoString\n.')), /__proto__\.toString/],
    ['a new object', fileWith(pickleOf('ccollections\nOrderedDict\n)\x81.')), /opcode 0x81/],
    ['an instance of a class', fileWith(pickleOf('(iposix\nsystem\n.')), /opcode 0x69/],
    ['an extension', fileWith(pickleOf('\x82\x01.')), /opcode 0x82/],
    [
      'a storage that is called',
      fileWith(pickleOf('ctorch\nFloatStorage\n)R.')),
      /torch\.FloatStorage has unexpected arguments/,
    ],
    ['a filled dictionary', fileWith(pickleOf('ccollections\nOrderedDict\n(]tR.')), /unexpected arguments/],
    ['no dictionary', fileWith(pickleOf('].')), /no dictionary/],
    ['no tensors', fileWith(pickleOf('}.')), /no tensors/],
    ['values left over', fileWith(pickleOf('}}.')), /leaves values on the stack/],
    ['a missing mark', fileWith(pickleOf('t.')), /lacks a mark/],
    ['a number of 200 bytes', fileWith(pickleOf('\x8a\xc8.')), /number of 200 bytes/],
    ['no end', fileWith(pickleOf('}')), /no end/],
    ['a storage that is not there', weight({ key: '9' }), /storage "9" is missing/],
    ['a name of a storage with a path', weight({ key: '../../x' }), /is missing/],
    ['a tensor beyond its storage', weight({ offset: 3 }), /larger than its storage/],
    [
      'a tensor larger than the file, on one element',
      weight({ shape: [2 ** 40], strides: [0] }),
      /more elements than the file/,
    ],
    ['strides that leave the storage', weight({ strides: [2 ** 40, 1] }), /larger than its storage/],
    ['no pickle', storedZip({ 'archive/x': new Uint8Array(1) }), /no data\.pkl/],
    [
      'numbers in another byte order',
      fileWith(tensorPickle(WEIGHTS), { ...DATA, 'archive/byteorder': new TextEncoder().encode('big') }),
      /byte order "big"/,
    ],
    ['compressed files', storedZip({ 'archive/data.pkl': pickleOf('}.') }, { method: 8 }), /compressed/],
    ['a file that is cut off', VALID.subarray(0, -30), /no directory/],
    ['torch before 1.6', pickleOf('\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.'), /before 1\.6/],
    ['nothing', new Uint8Array(0), /not an archive/],
  ])('%s', async (_, bytes, message) => {
    expect(await problemOf(bytes)).toMatch(message);
  });

  it('give a typed error, whatever is damaged', async () => {
    const cases = process.env['REWARDEDIT_LONG'] === '1' ? 1_000_000 : 3000;
    const random = createRandom(1, 'torch-file');
    let refused = 0;
    for (let i = 0; i < cases; i++) {
      const bytes = VALID.slice();
      for (let changes = 1 + random.integer(4); changes > 0; changes--)
        bytes[random.integer(bytes.length)] = random.integer(256);
      if ((await problemOf(bytes)) !== 'fine') refused++;
    }
    expect(refused).toBeGreaterThan(cases / 20);
  });
});
