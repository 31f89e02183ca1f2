import { fingerprinting, writeFileAtomic, type FileFingerprint } from '@rewardedit/core';
import { formatShape, sizeOf, type DType, type Shape } from '@rewardedit/graph';

export interface TensorToWrite {
  readonly shape: Shape;
  /** f32 where nothing is said. f16 values are held as float32 outside of a device, and written as such. */
  readonly dtype?: DType;
}

type Values = Float32Array | Int32Array;

/** What transformers asks of a file before it opens it. */
const METADATA = { format: 'pt' };

/**
 * Writes a safetensors file, one tensor at a time, under a temporary name until it is whole.
 *
 * @param tensors what the file will hold, by name.
 * @param read called for the values of each tensor in turn.
 * @returns what was written, as a manifest tells it.
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, TensorToWrite>>,
  read: (name: string) => Promise<Values> | Values,
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
  read: (name: string) => Promise<Values> | Values,
  metadata: Readonly<Record<string, string>>,
): AsyncGenerator<Uint8Array> {
  yield header(entries, metadata);
  for (const [name, { shape, dtype = 'f32' }] of entries) {
    const values = await read(name);
    const expected = dtype === 'i32' ? Int32Array : Float32Array;
    if (!(values instanceof expected) || values.length !== sizeOf(shape)) {
      throw new Error(
        `writeSafetensors: "${name}" is declared as ${dtype} ${formatShape(shape)}, but was given ${values.length} values in a ${values.constructor.name}.`,
      );
    }
    yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }
}

/** The header's length and the header, filled up with blanks so that the data begins at a multiple of 8 bytes. */
function header(
  entries: readonly (readonly [string, TensorToWrite])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let position = 0;
  const described = entries.map(([name, { shape, dtype }]) => {
    const begin = position;
    position += 4 * sizeOf(shape);
    return [name, { dtype: dtype === 'i32' ? 'I32' : 'F32', shape, data_offsets: [begin, position] }];
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
