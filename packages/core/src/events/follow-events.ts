import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromSystemError, isMissing } from '../system-errors.ts';
import type { RunEvent } from './event-schema.ts';
import { readEvent } from './read-event.ts';

export type FollowOptions = {
  /** Ends the following. */
  readonly signal?: AbortSignal;
  /** How long to wait before looking for more; 500 by default. */
  readonly pollMilliseconds?: number;
};

const NEWLINE = 0x0a;
const CHUNK_BYTES = 256 * 1024;
/** The first event names its run, so the beginning tells one file from another. */
const HEAD_BYTES = 512;
/** A line that is longer is none of ours. */
const LONGEST_LINE = 16 * 1024 * 1024;

/** The events that are in a file now, in groups. Lines that are no events are passed over, a last one that breaks off too. */
export async function* readEvents(path: string): AsyncGenerator<readonly RunEvent[]> {
  const reader = createReader(path);
  for (let events = await reader.next(); events !== undefined; events = await reader.next()) yield events;
}

/**
 * The events of a file that may still be written, in groups as they come: all that are there, then new ones, until the signal fires. A file
 * that is not there yet is waited for, and one that was begun anew is read from its beginning. Needs no messages from the file system,
 * which network drives do not send: it looks again and again, and opens the file anew each time, so that such drives give what is new.
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

/** Reads a file part by part; `next` gives undefined where nothing is new. */
function createReader(path: string): { next(): Promise<readonly RunEvent[] | undefined> } {
  /** Where the first line begins that was not read to its end: what is there of it is read again, as its writer may begin it anew. */
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
        // A line that does not fit is tried with more room, and passed over where it has no end.
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
