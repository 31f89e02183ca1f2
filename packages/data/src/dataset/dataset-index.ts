import { open, type FileHandle } from 'node:fs/promises';
import { RewardEditError, fromSystemError, type Triplet } from '@rewardedit/core';
import { CORRECT_LINE, fromMetadataRow } from './metadata-row.ts';

/** Where each line of a file of JSON lines is, so that they can be read in any order without holding them all. */
export type LineIndex = {
  readonly count: number;
  /** Byte offset of each line, and after the last one where it ends: `count + 1` numbers. */
  readonly offsets: Float64Array;
  /** Reads the value in line number `position`, 0 to `count - 1`. */
  value(position: number): Promise<unknown>;
  close(): Promise<void>;
};

/** The same for a metadata file. */
export type DatasetIndex = Omit<LineIndex, 'value'> & {
  /** Reads triplet number `position`, 0 to `count - 1`. */
  triplet(position: number): Promise<Triplet>;
};

const NEWLINE = 0x0a;
const CHUNK_BYTES = 1024 * 1024;

/**
 * Indexes a file of JSON lines: eight bytes of memory a line. A last line that breaks off, as a killed writer leaves it, is
 * not counted. Close the index when done: it holds the file open.
 */
export async function indexJsonLines(path: string): Promise<LineIndex> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the file', path });
  }
  const offsets = await lineOffsets(file);
  const count = offsets.length - 1;
  return {
    count,
    offsets,
    async value(position) {
      if (!Number.isInteger(position) || position < 0 || position >= count) {
        throw new RangeError(`line ${position} of ${count}`);
      }
      const line = await readBytes(file, offsets[position], offsets[position + 1]);
      try {
        return parse(line);
      } catch (cause) {
        const where = `${path}:${position + 1}`;
        throw new RewardEditError('bad-input', 'this line is not JSON', { where, hint: CORRECT_LINE, cause });
      }
    },
    close: () => file.close(),
  };
}

/** Indexes a metadata file. */
export async function indexMetadata(path: string): Promise<DatasetIndex> {
  const { value, ...index } = await indexJsonLines(path);
  return {
    ...index,
    triplet: async (position) => fromMetadataRow(await value(position), `${path}:${position + 1}`),
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
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, size);
    if (bytesRead === 0) break;
    const read = chunk.subarray(0, bytesRead);
    for (let at = read.indexOf(NEWLINE); at >= 0; at = read.indexOf(NEWLINE, at + 1)) add(size + at + 1);
    size += bytesRead;
  }
  if (size > offsets[lines] && isJson(await readBytes(file, offsets[lines], size))) add(size);
  return offsets.slice(0, lines + 1);
}

/** As `readJsonLines` does it: without the mark that some editors put first, and never with letters that are not there. */
function parse(line: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
}

function isJson(bytes: Buffer): boolean {
  try {
    parse(bytes);
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
