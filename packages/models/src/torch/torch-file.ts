import { open } from 'node:fs/promises';
import { TELLING_BYTES, fromSystemError, refuseOtherContents } from '@rewardedit/core';
import { sizeOf } from '@rewardedit/graph';
import { DTYPE_BYTES, type SafetensorsDType } from '../safetensors-header.ts';
import { tensorReaders, type TensorFile } from '../tensor-file.ts';
import type { ByteSource } from './byte-source.ts';
import { damagedTorchFile } from './damaged.ts';
import { PickledName, readPickle, type PickledCalls } from './pickle.ts';
import { isZip, readZip, type ZipEntry } from './zip.ts';

/** Element types by torch's storage class. */
const STORAGES: Readonly<Record<string, SafetensorsDType | undefined>> = {
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  DoubleStorage: 'F64',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

/** Limit on the pickle of a model: it contains names and shapes but no values. */
const LARGEST_PICKLE = 2 ** 26;

/** A tensor in a pickle: a view of a storage. */
interface TensorPlace {
  readonly dtype: SafetensorsDType;
  /** Name of the storage. */
  readonly key: string;
  /** First element, in elements. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Distinguishes a tensor from the other values of a pickle. */
class PickledTensor {
  readonly place: TensorPlace;
  constructor(place: TensorPlace) {
    this.place = place;
  }
}

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

/** Evaluates `torch._utils._rebuild_tensor_v2(storage, offset, shape, strides, ...)`. */
function rebuiltTensor(args: readonly unknown[], reference: (id: unknown) => unknown): PickledTensor {
  const [storage, offset, shape, strides] = args;
  const id = reference(storage);
  if (!Array.isArray(id) || id[0] !== 'storage' || typeof id[2] !== 'string')
    throw new TypeError('no storage');
  const kind: unknown = id[1];
  if (!(kind instanceof PickledName)) throw new TypeError('no storage');
  const dtype = STORAGES[kind.name.replace(/^torch\./, '')];
  if (dtype === undefined) throw new TypeError('no storage');
  if (!isCounts([offset]) || !isCounts(shape) || !isCounts(strides) || shape.length !== strides.length)
    throw new TypeError('no tensor');
  return new PickledTensor({ dtype, key: id[2], offset: offset as number, shape, strides });
}

function refuseCall(): never {
  throw new TypeError('not called');
}

/** The only names that a pickle of weights may contain. */
const CALLS: PickledCalls = {
  'collections.OrderedDict': (args) => {
    if (args.length > 0) throw new TypeError('filled');
    return new Map();
  },
  'torch._utils._rebuild_tensor_v2': rebuiltTensor,
  'torch._utils._rebuild_parameter': ([tensor]) => tensor,
  ...Object.fromEntries(Object.keys(STORAGES).map((name) => [`torch.${name}`, refuseCall])),
};

/**
 * Opens a file written by `torch.save` (`.bin`, `.ckpt`, `.pt`, `.pth`) and reads the weights in it without executing anything: a dictionary
 * of tensors, or one under `state_dict`. Never allocates more memory than the file has bytes.
 *
 * @throws RewardEditError 'bad-input' if it does anything but build tensors, naming it; if it is damaged; and for the format before torch
 * 1.6.
 */
export async function openTorchFile(path: string): Promise<TensorFile> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw fromSystemError(error, { doing: 'open the weights', path });
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw damagedTorchFile(path, 'it is not a regular file');
    const source: ByteSource = {
      path,
      size: stats.size,
      async read(position, length) {
        const bytes = new Uint8Array(length);
        for (let filled = 0; filled < length;) {
          const { bytesRead } = await file.read(
            bytes,
            filled,
            Math.min(length - filled, 2 ** 30),
            position + filled,
          );
          if (bytesRead === 0) throw damagedTorchFile(path, 'it is truncated');
          filled += bytesRead;
        }
        return bytes;
      },
    };
    return { ...(await readTorchFile(source)), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Does the same for bytes from any source. */
export async function readTorchFile(source: ByteSource): Promise<Omit<TensorFile, 'close'>> {
  const { path } = source;
  const beginning = await source.read(0, Math.min(source.size, TELLING_BYTES));
  refuseOtherContents(beginning, path, 'file');
  if (!isZip(beginning))
    throw damagedTorchFile(path, 'it is not an archive; the format of torch before 1.6 is not supported');
  const entries = await readZip(source);
  const pickle = [...entries.values()].find(({ name }) => /^[^/]*\/?data\.pkl$/.test(name));
  if (!pickle) throw damagedTorchFile(path, 'it has no data.pkl');
  if (pickle.length > LARGEST_PICKLE)
    throw damagedTorchFile(
      path,
      `its pickle has ${pickle.length} bytes, more than the limit of ${LARGEST_PICKLE}`,
    );
  const folder = pickle.name.replace(/data\.pkl$/, '');
  const order = entries.get(`${folder}byteorder`);
  if (order && order.length < 64) {
    const said = new TextDecoder().decode(await source.read(order.begin, order.length));
    if (said !== 'little')
      throw damagedTorchFile(path, `its numbers are in the byte order ${JSON.stringify(said)}`);
  }
  const value = readPickle(await source.read(pickle.begin, pickle.length), path, CALLS);
  const weights = [...weightsOf(value, path)].map(
    ([name, tensor]) =>
      [name, located(name, tensor, entries.get(`${folder}data/${tensor.key}`), source)] as const,
  );
  const tensors = new Map(weights.map(([name, { entry }]) => [name, entry]));
  const places = new Map(weights);
  return {
    path,
    metadata: new Map(),
    tensors,
    ...tensorReaders(path, tensors, async (name) => {
      const { entry, tensor } = places.get(name)!;
      const bytes = await source.read(entry.begin, entry.end - entry.begin);
      return gathered(bytes, tensor);
    }),
  };
}

/** Returns the tensors of a dictionary, or of its `state_dict`, by name. */
function weightsOf(value: unknown, path: string): Map<string, TensorPlace> {
  const inside = value instanceof Map ? (value.get('state_dict') ?? value) : value;
  if (!(inside instanceof Map)) throw damagedTorchFile(path, 'it has no dictionary of weights');
  const found = new Map<string, TensorPlace>();
  for (const [name, tensor] of inside) {
    if (typeof name === 'string' && tensor instanceof PickledTensor) found.set(name, tensor.place);
  }
  if (found.size === 0) throw damagedTorchFile(path, 'it has no tensors');
  return found;
}

/** Returns the byte range of a tensor, from its first element to its last, after checking that it is inside its storage. */
function located(name: string, tensor: TensorPlace, storage: ZipEntry | undefined, source: ByteSource) {
  const problem = (what: string) => damagedTorchFile(source.path, `tensor ${JSON.stringify(name)}: ${what}`);
  if (!storage) throw problem(`its storage ${JSON.stringify(tensor.key)} is missing`);
  const { dtype, shape, strides, offset } = tensor;
  const bytes = DTYPE_BYTES[dtype];
  const count = sizeOf(shape);
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], 0);
  const span = count === 0 ? 0 : last + 1;
  if (!(offset + span <= storage.length / bytes)) throw problem('it is larger than its storage');
  // Strides of 0 could claim more elements than the file has.
  if (!(count * bytes <= source.size)) throw problem('it has more elements than the file');
  const begin = storage.begin + offset * bytes;
  return { tensor, entry: { dtype, shape, begin, end: begin + span * bytes } };
}

/** Returns the elements in row-major order. */
function gathered(bytes: Uint8Array, { dtype, shape, strides }: TensorPlace): ArrayBuffer {
  const width = DTYPE_BYTES[dtype];
  const count = sizeOf(shape);
  if (isInOrder(shape, strides)) return bytes.buffer as ArrayBuffer;
  const result = new Uint8Array(count * width);
  for (let i = 0; i < count; i++) {
    let rest = i;
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += (rest % shape[axis]) * strides[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    result.set(bytes.subarray(from * width, (from + 1) * width), i * width);
  }
  return result.buffer;
}

function isInOrder(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}
