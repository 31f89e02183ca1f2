import { writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { assertLocksHeld } from '../file-lock.ts';
import { fromSystemError } from '../system-errors.ts';
import { lastWholeLine, repairEnd } from '../torn-line.ts';
import { readEnvelope } from './read-event.ts';

/** A file of events that only grows, written behind the back of whoever appends. */
export type EventLog = {
  /** The last event that was there when the file was opened. */
  readonly last: { readonly run: string; readonly seq: number } | undefined;
  /** Takes a line, which is written soon, in the order of the calls. Never throws, and waits for nothing. */
  append(line: string): void;
  /** Writes all that was appended, and closes the file. Never rejects: `onTrouble` was told. */
  close(): Promise<void>;
  /** The same at once, for a process that is about to end. */
  closeNow(): void;
};

/** Lines that come within this time share one write. A process that is killed loses at most these. */
const GATHER_MILLISECONDS = 50;
/** After a write that failed, the next one is tried so much later. */
const RETRY_MILLISECONDS = 5000;
/** So many characters wait for a disk that takes none; then the oldest lines go. */
const MOST_WAITING = 4 * 1024 * 1024;

/**
 * Opens a file of events for appending, and makes it where there is none; `fresh` forgets what is in it. Throws where that fails. What
 * fails later is told to `onTrouble`, once until a write succeeds again; the lines are kept and tried again, as far as memory is set
 * aside for them.
 */
export async function openEventLog(
  path: string,
  { fresh, onTrouble }: { readonly fresh: boolean; readonly onTrouble: (error: Error) => void },
): Promise<EventLog> {
  const { size: sizeAtFirst, last } = await prepare(path, fresh);
  // Not for appending: a write is at a place of its own, and repeated there changes nothing.
  const file = await open(path, 'r+');
  let size = sizeAtFirst;
  let waiting: string[] = [];
  let characters = 0;
  let inFlight: Buffer | undefined;
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isTroubled = false;
  let isClosed = false;

  const fail = (error: unknown) => {
    if (!isTroubled) onTrouble(fromSystemError(error, { doing: 'write the events', path }));
    isTroubled = true;
  };

  const takeWaiting = (): Buffer => {
    const bytes = Buffer.from(waiting.join(''));
    waiting = [];
    characters = 0;
    return bytes;
  };

  const writeWaiting = async () => {
    inFlight ??= takeWaiting();
    try {
      await assertLocksHeld();
      await writeAt(file, inFlight, size);
      size += inFlight.length;
      inFlight = undefined;
      isTroubled = false;
    } catch (error) {
      fail(error);
    }
  };

  const schedule = (milliseconds: number) => {
    if (timer !== undefined || isClosed) return;
    timer = setTimeout(() => {
      writing = writeWaiting().finally(() => {
        writing = undefined;
        timer = undefined;
        if (isTroubled) schedule(RETRY_MILLISECONDS);
        else if (waiting.length > 0) schedule(GATHER_MILLISECONDS);
      });
    }, milliseconds);
    // Whatever still waits when the process ends is written by `closeNow`.
    timer.unref();
  };

  return {
    last,
    append(line) {
      if (isClosed) return;
      waiting.push(line);
      characters += line.length;
      while (characters > MOST_WAITING) characters -= waiting.shift()!.length;
      schedule(GATHER_MILLISECONDS);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      clearTimeout(timer);
      await writing;
      // What was in flight and failed, then what came after it.
      if (inFlight !== undefined) await writeWaiting();
      if (inFlight === undefined && waiting.length > 0) await writeWaiting();
      await file.close().catch(fail);
    },
    closeNow() {
      if (isClosed) return;
      isClosed = true;
      clearTimeout(timer);
      const bytes = Buffer.concat([inFlight ?? Buffer.alloc(0), takeWaiting()]);
      try {
        for (let done = 0; done < bytes.length;)
          done += writeSync(file.fd, bytes, done, bytes.length - done, size + done);
      } catch (error) {
        fail(error);
      }
    },
  };
}

/** Makes the file end with a whole line. */
async function prepare(path: string, fresh: boolean): Promise<{ size: number; last: EventLog['last'] }> {
  const file = await open(path, 'a+');
  try {
    if (fresh && (await file.stat()).size > 0) await file.truncate(0);
    const size = await repairEnd(file);
    return { size, last: readEnvelope((await lastWholeLine(file, size)) ?? '') };
  } finally {
    await file.close();
  }
}

async function writeAt(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
