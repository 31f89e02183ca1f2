import { open, type FileHandle } from 'node:fs/promises';
import { isBlank } from './json-lines.ts';
import { parseLooseJsonBytes } from './parse-json.ts';
import { fromSystemError } from './system-errors.ts';

/** The position of each line in a JSON lines file, for reading lines in any order without keeping them in memory. */
export type LineIndex = {
  readonly count: number;
  /** Byte offset of each line, and the end of the last: `count + 1` numbers. */
  readonly offsets: Float64Array;
  /** Returns the bytes of line `position`, 0 to `count - 1`, with its newline if it has one. */
  read(position: number): Promise<Uint8Array>;
  close(): Promise<void>;
};

const NEWLINE = 0x0a;
const CHUNK_BYTES = 1024 * 1024;

/** Size of a cached block in bytes, and number of cached blocks. */
const [BLOCK_BYTES, MOST_BLOCKS] = [64 * 1024, 32];

/**
 * Indexes a JSON lines file in eight bytes of memory per line. A blank line belongs to the line after it. A torn last line, as left by a killed
 * writer, is not counted. The index keeps the file open until it is closed. Throws if the file cannot be read.
 *
 * @param inBlocks reads and caches blocks of many lines, for reading most of a file that nobody is writing.
 */
export async function indexLines(path: string, { inBlocks = false } = {}): Promise<LineIndex> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the file', path });
  }
  const offsets = await lineOffsets(file);
  const count = offsets.length - 1;
  const readPiece = inBlocks
    ? blockReader(file, offsets[count])
    : (start: number, end: number) => readBytes(file, start, end);
  return {
    count,
    offsets,
    read: async (position) => {
      if (!Number.isInteger(position) || position < 0 || position >= count)
        throw new RangeError(`line ${position} of ${count}`);
      return readPiece(offsets[position], offsets[position + 1]);
    },
    close: () => file.close(),
  };
}

/** Returns a cached reader for a file of `size` bytes. */
function blockReader(file: FileHandle, size: number) {
  const kept = new Map<number, Promise<Buffer>>();
  const blockAt = (start: number): Promise<Buffer> => {
    const block = kept.get(start) ?? readBytes(file, start, Math.min(start + BLOCK_BYTES, size));
    // Moved to the end, so that the first one is the least recently used.
    kept.delete(start);
    kept.set(start, block);
    block.catch(() => kept.delete(start));
    if (kept.size > MOST_BLOCKS) kept.delete(kept.keys().next().value!);
    return block;
  };
  return async (start: number, end: number): Promise<Uint8Array> => {
    const first = start - (start % BLOCK_BYTES);
    // A line across a block's end is read separately.
    if (end > first + BLOCK_BYTES) return readBytes(file, start, end);
    return (await blockAt(first)).subarray(start - first, end - first);
  };
}

async function lineOffsets(file: FileHandle): Promise<Float64Array> {
  let offsets = new Float64Array(1024);
  let lines = 0;
  const add = (offset: number) => {
    lines += 1;
    if (lines === offsets.length) {
      const longer = new Float64Array(offsets.length * 2);
      longer.set(offsets);
      offsets = longer;
    }
    offsets[lines] = offset;
  };
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let size = 0;
  // Whether all bytes since the last counted line are blank.
  let blank = true;
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, size);
    if (bytesRead === 0) break;
    const read = chunk.subarray(0, bytesRead);
    let start = 0;
    for (let at = read.indexOf(NEWLINE); at >= 0; at = read.indexOf(NEWLINE, at + 1)) {
      blank &&= isBlank(read.subarray(start, at));
      start = at + 1;
      if (blank) continue;
      add(size + start);
      blank = true;
    }
    blank &&= isBlank(read.subarray(start));
    size += bytesRead;
  }
  if (size > offsets[lines] && isJson(await readBytes(file, offsets[lines], size))) add(size);
  return offsets.slice(0, lines + 1);
}

function isJson(bytes: Buffer): boolean {
  try {
    parseLooseJsonBytes(bytes);
    return true;
  } catch {
    return false;
  }
}

async function readBytes(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  for (let filled = 0; filled < bytes.length;) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) return bytes.subarray(0, filled);
    filled += bytesRead;
  }
  return bytes;
}
