import type { FileHandle } from 'node:fs/promises';

const NEWLINE = 0x0a;
const CHUNK_BYTES = 64 * 1024;

/**
 * Repairs the end of a JSON lines file open for appending: a torn last line, left by a killed writer, is removed; a complete one without a newline
 * gets it. Returns the size of the file.
 */
export async function repairEnd(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  const tail = await lastLines(file, size, 0);
  const lastLine = tail.subarray(tail.lastIndexOf(NEWLINE) + 1);
  if (lastLine.length === 0) return size;
  if (isWholeObject(lastLine)) {
    await file.writeFile('\n');
    return size + 1;
  }
  await file.truncate(size - lastLine.length);
  return size - lastLine.length;
}

/** Returns the last line of a file of `size` bytes that ends with a newline; undefined if it is empty. */
export async function lastWholeLine(file: FileHandle, size: number): Promise<string | undefined> {
  if (size === 0) return undefined;
  const tail = (await lastLines(file, size, 1)).subarray(0, -1);
  return tail.subarray(tail.lastIndexOf(NEWLINE) + 1).toString('utf8');
}

/** Returns an end of the file that contains a newline, if there is one, before its last `besides` bytes. */
async function lastLines(file: FileHandle, size: number, besides: number): Promise<Buffer> {
  let tail = Buffer.alloc(0);
  let start = size;
  while (start > 0 && !tail.subarray(0, tail.length - besides).includes(NEWLINE)) {
    const length = Math.min(CHUNK_BYTES, start);
    const chunk = Buffer.alloc(length);
    start -= length;
    await file.read(chunk, 0, length, start);
    tail = Buffer.concat([chunk, tail]);
  }
  return tail;
}

function isWholeObject(bytes: Buffer): boolean {
  try {
    return typeof JSON.parse(bytes.toString('utf8')) === 'object';
  } catch {
    return false;
  }
}
