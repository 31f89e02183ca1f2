import { RewardEditError, fingerprinting, writeFileAtomic, type FileFingerprint } from '@rewardedit/core';
import { formatShape, sizeOf, type Shape, type TensorData } from '@rewardedit/graph';
import { DTYPE_BYTES } from './safetensors-header.ts';
import { STORED_TYPES, type StoredType } from './stored-types.ts';

export interface TensorToWrite {
  readonly shape: Shape;
  /** Element type in the file, f32 by default. */
  readonly dtype?: StoredType;
}

/** transformers requires this to open a file. */
const METADATA = { format: 'pt' };

/**
 * Writes a safetensors file atomically, one tensor at a time.
 *
 * @param tensors shapes and types, by name.
 * @param read returns the values of a tensor; f32 and f16 values are rounded to the file's float type.
 * @returns size and hash of the file, for a manifest.
 * @throws RewardEditError 'bad-input' if a number overflows the file's type.
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, TensorToWrite>>,
  read: (name: string) => Promise<TensorData> | TensorData,
  metadata: Readonly<Record<string, string>> = METADATA,
): Promise<FileFingerprint> {
  // Sorted by name, so that the same weights give the same file.
  const entries = Object.entries(tensors).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const { data, fingerprint } = fingerprinting(chunks(entries, read, metadata));
  await writeFileAtomic(path, data);
  return fingerprint();
}

async function* chunks(
  entries: readonly (readonly [string, TensorToWrite])[],
  read: (name: string) => Promise<TensorData> | TensorData,
  metadata: Readonly<Record<string, string>>,
): AsyncGenerator<Uint8Array> {
  yield header(entries, metadata);
  for (const [name, { shape, dtype = 'f32' }] of entries) {
    const given = await read(name);
    if (given.length !== sizeOf(shape)) {
      throw new Error(
        `writeSafetensors: "${name}" is declared as ${dtype} ${formatShape(shape)}, but was given ${given.length} values.`,
      );
    }
    const values = encoded(name, given, dtype);
    yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }
}

function encoded(name: string, given: TensorData, dtype: StoredType): TensorData {
  try {
    return STORED_TYPES[dtype].encode(given);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const type = STORED_TYPES[dtype].name;
    throw new RewardEditError(
      'bad-input',
      `the tensor ${JSON.stringify(name)} cannot be saved as ${type}: ${error.message}`,
      { cause: error },
    );
  }
}

/** Returns the header's length and the header, padded with blanks so that the data starts at a multiple of 8 bytes. */
function header(
  entries: readonly (readonly [string, TensorToWrite])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let position = 0;
  const described = entries.map(([name, { shape, dtype = 'f32' }]) => {
    const begin = position;
    const { name: type } = STORED_TYPES[dtype];
    position += DTYPE_BYTES[type] * sizeOf(shape);
    return [name, { dtype: type, shape, data_offsets: [begin, position] }];
  });
  const json = new TextEncoder().encode(
    JSON.stringify(Object.fromEntries([['__metadata__', metadata], ...described])),
  );
  const padded = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, 8);
  return bytes;
}
