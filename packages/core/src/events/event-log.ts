import { writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { assertLocksHeld } from '../file-lock.ts';
import { fromSystemError } from '../system-errors.ts';
import { lastWholeLine, repairEnd } from '../torn-line.ts';
import { readEnvelope } from './read-event.ts';

/** An append-only file of events, written in the background. */
export type EventLog = {
  /** The last event when the file was opened. */
  readonly last: { readonly run: string; readonly seq: number } | undefined;
  /** Queues a line, to be written soon in the order of the calls. Never throws and never blocks. */
  append(line: string): void;
  /** Writes all queued lines and closes the file. Never rejects: errors go to `onTrouble`. */
  close(): Promise<void>;
  /** Does the same synchronously, for a process that is about to end. */
  closeNow(): void;
};

/** Lines queued within this time share a write. A killed process loses at most these. */
const GATHER_MILLISECONDS = 50;
/** Delay after a failed write. */
const RETRY_MILLISECONDS = 5000;
/** Limit on queued characters while writes fail; beyond it, the oldest lines are dropped. */
const MOST_WAITING = 4 * 1024 * 1024;

/**
 * Opens a file of events for appending, and creates it if it does not exist; `fresh` truncates it. Throws if that fails. Later errors go to
 * `onTrouble`, once until a write succeeds again; the lines are kept, up to a limit, and written again.
 */
export async function openEventLog(
  path: string,
  { fresh, onTrouble }: { readonly fresh: boolean; readonly onTrouble: (error: Error) => void },
): Promise<EventLog> {
  const { size: sizeAtFirst, last } = await prepare(path, fresh);
  // Not opened for appending: writes are positioned, so repeating one changes nothing.
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
    // Lines still queued when the process ends are written by `closeNow`.
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
      // First the failed write, then the lines queued after it.
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

/** Creates or repairs the file, so that it ends with a complete line. */
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
