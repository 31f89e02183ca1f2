import { RewardEditError, fingerprinting, writeFileAtomic, type FileFingerprint } from '@rewardedit/core';
import { formatShape, sizeOf, type Shape, type TensorData } from '@rewardedit/graph';
import { DTYPE_BYTES } from './safetensors-header.ts';
import { STORED_TYPES, type StoredType } from './stored-types.ts';

export interface TensorToWrite {
  readonly shape: Shape;
  /** The element type in the file, f32 where nothing is said. */
  readonly dtype?: StoredType;
}

/** What transformers asks of a file before it opens it. */
const METADATA = { format: 'pt' };

/**
 * Writes a safetensors file, one tensor at a time, under a temporary name until it is whole.
 *
 * @param tensors what the file will hold, by name.
 * @param read called for the values of each tensor in turn; f32 and f16 ones become the file's float type, rounded.
 * @returns what was written, as a manifest tells it.
 * @throws RewardEditError 'bad-input' where a number is too large for the file's type.
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, TensorToWrite>>,
  read: (name: string) => Promise<TensorData> | TensorData,
  metadata: Readonly<Record<string, string>> = METADATA,
): Promise<FileFingerprint> {
  // In the order of names, so that the same weights give the same file.
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

/** The header's length and the header, filled up with blanks so that the data begins at a multiple of 8 bytes. */
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
