import { open, type FileHandle } from 'node:fs/promises';
import { TELLING_BYTES, fromSystemError, refuseOtherContents } from '@rewardedit/core';
import {
  damaged,
  LARGEST_HEADER,
  parseHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from './safetensors-header.ts';
import { tensorReaders, type TensorFile } from './tensor-file.ts';

/** Bytes before the header: its length, as a little-endian 64-bit integer. */
const PREFIX = 8;

/**
 * Opens a safetensors file and validates its header. Never allocates more memory than the file has bytes.
 *
 * @throws RewardEditError 'bad-input' if the file does not exist, or is not a complete and consistent safetensors file.
 */
export async function openSafetensors(path: string): Promise<TensorFile> {
  const file = await openFile(path);
  try {
    const { header, dataStart } = await readHeader(file, path);
    const bytesOf = (_: string, { begin, end }: TensorEntry) =>
      readExactly(file, path, dataStart + begin, end - begin);
    return {
      path,
      ...header,
      ...tensorReaders(path, header.tensors, bytesOf),
      close: () => file.close(),
    };
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
  const beginning = await readExactly(file, path, 0, Math.min(stats.size, TELLING_BYTES));
  refuseOtherContents(new Uint8Array(beginning), path, 'file');
  const prefix = await readExactly(file, path, 0, PREFIX);
  const length = new DataView(prefix).getBigUint64(0, true);
  if (length > BigInt(LARGEST_HEADER))
    throw damaged(path, `its header claims ${length} bytes, more than the limit of ${LARGEST_HEADER}`);
  const dataStart = PREFIX + Number(length);
  if (dataStart > stats.size)
    throw damaged(path, `its header claims ${length} bytes, but the file has only ${stats.size}`);
  const bytes = await readExactly(file, path, PREFIX, Number(length));
  return { header: parseHeader(new Uint8Array(bytes), stats.size - dataStart, path), dataStart };
}

/** Reads the bytes at a position; a single read may return fewer than requested. */
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
    if (bytesRead === 0) throw damaged(path, 'it was truncated while it was being read');
    filled += bytesRead;
  }
  return bytes.buffer;
}
