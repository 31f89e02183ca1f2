import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromSystemError, isMissing } from '../system-errors.ts';
import type { RunEvent } from './event-schema.ts';
import { readEvent } from './read-event.ts';

export type FollowOptions = {
  /** Stops following. */
  readonly signal?: AbortSignal;
  /** Polling interval, 500 by default. */
  readonly pollMilliseconds?: number;
};

const NEWLINE = 0x0a;
const CHUNK_BYTES = 256 * 1024;
/** The first event contains the name of the run, so these bytes identify a file. */
const HEAD_BYTES = 512;
/** A longer line is not an event. */
const LONGEST_LINE = 16 * 1024 * 1024;

/** Reads the events currently in a file, in groups. Lines that are not events, and a partial last line, are skipped. */
export async function* readEvents(path: string): AsyncGenerator<readonly RunEvent[]> {
  const reader = createReader(path);
  for (let events = await reader.next(); events !== undefined; events = await reader.next()) yield events;
}

/**
 * Reads the events of a file that is being written, in groups: the existing ones, then new ones, until the signal fires. It waits for a missing
 * file, and starts over if the file is replaced. It polls rather than using file system notifications, which network drives lack, and reopens
 * the file each time, so that such drives return new contents.
 */
export async function* followEvents(
  path: string,
  { signal, pollMilliseconds = 500 }: FollowOptions = {},
): AsyncGenerator<readonly RunEvent[]> {
  const reader = createReader(path);
  const isOver = () => signal?.aborted === true;
  while (!isOver()) {
    const events = await reader.next().catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw fromSystemError(error, { doing: 'read the events', path });
    });
    if (events === undefined) await sleep(pollMilliseconds, undefined, { signal }).catch(() => undefined);
    else yield events;
  }
}

/** Reads a file in chunks; `next` resolves to undefined if there is nothing new. */
function createReader(path: string): { next(): Promise<readonly RunEvent[] | undefined> } {
  /** Start of the first incomplete line, which is read again as a whole, since its writer may rewrite it. */
  let offset = 0;
  let head: Buffer = Buffer.alloc(0);
  let bufferBytes = CHUNK_BYTES;
  return {
    async next() {
      const file = await open(path, 'r');
      try {
        const { size } = await file.stat();
        if (size === offset) return undefined;
        const beginning = await bytesAt(file, 0, HEAD_BYTES);
        if (size < offset || !beginning.subarray(0, head.length).equals(head)) offset = 0;
        const bytes = await bytesAt(file, offset, bufferBytes);
        const end = bytes.lastIndexOf(NEWLINE) + 1;
        if (end === 0 && bytes.length < bufferBytes) return undefined;
        if (end > 0) head = beginning.subarray(0, offset + end);
        // A line that does not fit is read again with a larger buffer, and skipped if it is too long.
        bufferBytes = end > 0 || bufferBytes >= LONGEST_LINE ? CHUNK_BYTES : 2 * bufferBytes;
        if (end === 0 && bufferBytes > CHUNK_BYTES) return [];
        offset += end > 0 ? end : bytes.length;
        const lines = bytes.toString('utf8', 0, end).split('\n');
        return lines.flatMap((line) => readEvent(line) ?? []);
      } finally {
        await file.close();
      }
    },
  };
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
