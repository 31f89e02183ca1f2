import { RewardEditError } from '@rewardedit/core';
import type { Shape } from '@rewardedit/graph';
import { duplicateKey } from './json-keys.ts';

/** Bytes per element of each type in the format. */
export const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;

export type SafetensorsDType = keyof typeof DTYPE_BYTES;

export interface TensorEntry {
  readonly dtype: SafetensorsDType;
  readonly shape: Shape;
  /** First byte of the values, relative to the end of the header, and the byte after the last. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/** Limit of the reference implementation; protects against headers that exhaust memory. */
export const LARGEST_HEADER = 100_000_000;

/** Returns the error for a file that violates the format. */
export function damaged(file: string, problem: string, tensor?: string): RewardEditError {
  const what = tensor === undefined ? problem : `tensor ${JSON.stringify(tensor)}: ${problem}`;
  return new RewardEditError('bad-input', `the safetensors file is invalid: ${what}`, {
    where: file,
    hint: 'it is damaged, truncated, or in another format: copy, download or save it again',
  });
}

/**
 * Parses and validates the header of a safetensors file: JSON, keys, element types, shapes, and that the tensors cover the data without gap
 * or overlap.
 *
 * @param dataBytes number of bytes after the header.
 * @param file name for messages.
 * @throws RewardEditError 'bad-input' naming the file, the tensor and what is wrong.
 */
export function parseHeader(bytes: Uint8Array, dataBytes: number, file: string): SafetensorsHeader {
  const header = parseObject(bytes, file);
  const metadata = new Map<string, string>();
  const tensors = new Map<string, TensorEntry>();
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') {
      tensors.set(name, parseEntry(name, value, file));
      continue;
    }
    if (!isObject(value)) throw damaged(file, '__metadata__ is not an object');
    for (const [key, text] of Object.entries(value)) {
      if (typeof text !== 'string') throw damaged(file, `__metadata__.${key} is not a string`);
      metadata.set(key, text);
    }
  }
  checkLayout(tensors, dataBytes, file);
  return { metadata, tensors };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseObject(bytes: Uint8Array, file: string): Record<string, unknown> {
  // 0x7b is "{": the format allows blanks after the JSON but not before it.
  if (bytes[0] !== 0x7b) throw damaged(file, 'the header does not begin with "{"');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw damaged(file, 'the header is not UTF-8');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(
      file,
      `the header is not valid JSON (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  if (!isObject(value)) throw damaged(file, 'the header is not a JSON object');
  const twice = duplicateKey(text);
  if (twice !== undefined) throw damaged(file, `the header has the key ${JSON.stringify(twice)} twice`);
  return value;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isDType(value: unknown): value is SafetensorsDType {
  return typeof value === 'string' && Object.hasOwn(DTYPE_BYTES, value);
}

function parseEntry(name: string, value: unknown, file: string): TensorEntry {
  if (!isObject(value)) throw damaged(file, 'its entry is not an object', name);
  const { dtype, shape, data_offsets: offsets, ...others } = value;
  const [unknownKey] = Object.keys(others);
  if (unknownKey !== undefined)
    throw damaged(file, `its entry has the unknown key ${JSON.stringify(unknownKey)}`, name);
  if (!isDType(dtype)) {
    const known = Object.keys(DTYPE_BYTES).join(', ');
    throw damaged(file, `dtype is ${JSON.stringify(dtype)}, not one of ${known}`, name);
  }
  if (!Array.isArray(shape) || !shape.every(isCount))
    throw damaged(file, `shape is ${JSON.stringify(shape)}, not a list of sizes`, name);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw damaged(file, `data_offsets is ${JSON.stringify(offsets)}, not [begin, end]`, name);
  const [begin, end]: number[] = offsets;
  if (begin > end) throw damaged(file, `its data ends (${end}) before it begins (${begin})`, name);
  const bytes = shape.reduce((product, size) => product * size, DTYPE_BYTES[dtype]);
  // A product too large to be exact certainly differs from the length.
  if (bytes !== end - begin)
    throw damaged(
      file,
      `${dtype} [${shape.join(', ')}] needs ${bytes} bytes, its data has ${end - begin}`,
      name,
    );
  return { dtype, shape, begin, end };
}

/** Checks that the tensors, in the order of their data, are contiguous from the first byte to the last. */
function checkLayout(tensors: ReadonlyMap<string, TensorEntry>, dataBytes: number, file: string): void {
  const inOrder = [...tensors].toSorted(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const [name, { begin, end }] of inOrder) {
    if (begin < position)
      throw damaged(file, `its data overlaps the previous tensor's (byte ${begin})`, name);
    if (begin > position)
      throw damaged(file, `bytes ${position} to ${begin} before it belong to no tensor`, name);
    if (end > dataBytes)
      throw damaged(
        file,
        `its data ends at byte ${end}, but the file has only ${dataBytes} bytes of data`,
        name,
      );
    position = end;
  }
  if (position !== dataBytes)
    throw damaged(file, `the last ${dataBytes - position} bytes belong to no tensor`);
}
