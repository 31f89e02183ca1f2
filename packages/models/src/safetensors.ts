import { open, type FileHandle } from 'node:fs/promises';
import { fromSystemError, RewardEditError } from '@rewardedit/core';
import { LFS_POINTER_START, refuseLfsPointer } from './git-lfs.ts';
import {
  damaged,
  LARGEST_HEADER,
  parseHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from './safetensors-header.ts';
import { AS_FLOAT32, AS_INT32 } from './safetensors-values.ts';
import { toFiniteFloat16 } from './stored-types.ts';

/** An open safetensors file, whose tensors are read one at a time, so that a checkpoint is never held twice. */
export interface SafetensorsFile extends SafetensorsHeader {
  readonly path: string;
  /** @throws RewardEditError 'bad-input' where there is no such tensor, or it holds wide integers. F64 is rounded. */
  float32(name: string): Promise<Float32Array>;
  /** The bits of float16, rounded where the file has another type. @throws as `float32`, and where a number is too large. */
  float16(name: string): Promise<Uint16Array>;
  /** @throws RewardEditError 'bad-input' where there is no such tensor, it holds no integers, or one too large for int32. */
  int32(name: string): Promise<Int32Array>;
  close(): Promise<void>;
}

/** Bytes in front of the header: its length, a little-endian 64-bit number. */
const PREFIX = 8;

/**
 * Opens a safetensors file and checks its header. Never reserves more memory than the file has bytes.
 *
 * @throws RewardEditError 'bad-input' where the file does not exist, or is not a whole and consistent safetensors file.
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await openFile(path);
  try {
    const { header, dataStart } = await readHeader(file, path);
    return { path, ...header, ...reader(file, path, header, dataStart), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw fromSystemError(error, { doing: 'open the weights', path });
  }
}

async function readHeader(
  file: FileHandle,
  path: string,
): Promise<{ header: SafetensorsHeader; dataStart: number }> {
  const stats = await file.stat();
  if (!stats.isFile()) throw damaged(path, 'it is not a regular file');
  if (stats.size < PREFIX) throw damaged(path, `it has ${stats.size} bytes, too few for the header's length`);
  const beginning = await readExactly(file, path, 0, Math.min(stats.size, LFS_POINTER_START.length));
  refuseLfsPointer(new TextDecoder().decode(beginning), path);
  const prefix = await readExactly(file, path, 0, PREFIX);
  const length = new DataView(prefix).getBigUint64(0, true);
  if (length > BigInt(LARGEST_HEADER))
    throw damaged(path, `its header claims ${length} bytes; more than ${LARGEST_HEADER} are not read`);
  const dataStart = PREFIX + Number(length);
  if (dataStart > stats.size)
    throw damaged(path, `its header claims ${length} bytes, but the file has only ${stats.size}`);
  const bytes = await readExactly(file, path, PREFIX, Number(length));
  return { header: parseHeader(new Uint8Array(bytes), stats.size - dataStart, path), dataStart };
}

/** The bytes at a position of the file; one read may bring fewer than asked for. */
async function readExactly(
  file: FileHandle,
  path: string,
  position: number,
  length: number,
): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(
      bytes,
      filled,
      Math.min(length - filled, 2 ** 30),
      position + filled,
    );
    if (bytesRead === 0) throw damaged(path, 'it became shorter while it was read');
    filled += bytesRead;
  }
  return bytes.buffer;
}

function reader(
  file: FileHandle,
  path: string,
  { tensors }: SafetensorsHeader,
  dataStart: number,
): Pick<SafetensorsFile, 'float32' | 'float16' | 'int32'> {
  function entryOf(name: string): TensorEntry {
    const entry = tensors.get(name);
    if (entry) return entry;
    throw new RewardEditError('bad-input', `there is no tensor ${JSON.stringify(name)}`, {
      where: path,
      hint: 'the file belongs to another model, or to another version of it: check that it is the right one',
    });
  }
  const bytesOf = ({ begin, end }: TensorEntry) => readExactly(file, path, dataStart + begin, end - begin);
  const unfit = (name: string, problem: string) =>
    new RewardEditError('bad-input', `tensor ${JSON.stringify(name)} ${problem}`, {
      where: path,
      hint: 'save the tensor in a type that fits its use: F32, F16 or BF16 for weights, I32 for ids',
    });

  async function float32(name: string): Promise<Float32Array> {
    const entry = entryOf(name);
    const convert = AS_FLOAT32[entry.dtype];
    if (!convert) throw unfit(name, `is ${entry.dtype}, which is not read as float32`);
    return convert(await bytesOf(entry));
  }

  return {
    float32,
    float16: async (name) => {
      const entry = entryOf(name);
      if (entry.dtype === 'F16') return new Uint16Array(await bytesOf(entry));
      const values = await float32(name);
      try {
        return toFiniteFloat16(values);
      } catch (error) {
        throw unfit(name, `cannot be read as float16: ${(error as RangeError).message}`);
      }
    },
    int32: async (name) => {
      const entry = entryOf(name);
      const convert = AS_INT32[entry.dtype];
      if (!convert) throw unfit(name, `is ${entry.dtype}, which is not read as int32`);
      const values = convert(await bytesOf(entry));
      if (!values) throw unfit(name, `holds an integer that does not fit into 32 bits`);
      return values;
    },
  };
}
