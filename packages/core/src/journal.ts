import { writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { assertLocksHeld } from './file-lock.ts';
import { makeFolder } from './make-folder.ts';
import { syncFolder } from './sync.ts';
import { fromSystemError } from './system-errors.ts';
import { repairEnd } from './torn-line.ts';
import { whileFast } from './while-fast.ts';

/** An append-only file of JSON lines. */
export type Journal = {
  /**
   * Appends one line. Lines are in the order of the calls, awaited or not. Once the promise resolves, the line survives `kill -9`, and a power
   * failure too unless `syncEvery` is larger than 1.
   */
  append(value: object): Promise<void>;
  /** Syncs to disk and closes the file. */
  close(): Promise<void>;
};

export type JournalOptions = {
  /** Syncs to disk after this many lines, 1 by default. Lines appended at once share one sync. */
  readonly syncEvery?: number;
  /** Keeps writing after another process has taken over a lock of this one, for files that no other process writes. */
  readonly unlocked?: boolean;
};

/**
 * Opens a journal for appending, and creates it if it does not exist. A torn last line, left by a killed writer, is removed first; a complete
 * one without a newline gets it. Only one process may write a journal at a time.
 */
export async function openJournal(
  path: string,
  { syncEvery = 1, unlocked = false }: JournalOptions = {},
): Promise<Journal> {
  const explain = (error: unknown) => fromSystemError(error, { doing: 'write the journal', path });
  let file: FileHandle;
  let size: number;
  try {
    const folder = dirname(resolve(path));
    await makeFolder(folder);
    file = await open(path, 'a+');
    size = await repairEnd(file);
    if (size === 0) await syncFolder(folder);
  } catch (error) {
    throw explain(error);
  }

  let waiting: string[] = [];
  let unsynced = 0;
  let failure: Error | undefined;
  const write = whileFast();
  // Writes are chained; each one writes the lines of all waiting callers.
  let last: Promise<void> = Promise.resolve();

  const writeWaiting = async () => {
    if (failure !== undefined) throw failure;
    if (waiting.length === 0) return;
    if (!unlocked) await assertLocksHeld();
    const bytes = Buffer.from(waiting.join(''));
    unsynced += waiting.length;
    waiting = [];
    try {
      await write(
        () => writeWhole(file.fd, bytes),
        async () => file.writeFile(bytes),
      );
      size += bytes.length;
      if (unsynced >= syncEvery) await sync();
    } catch (error) {
      failure = explain(error);
      // None of these lines was acknowledged; without truncation the next writer would find a torn line.
      await file.truncate(size).catch(() => undefined);
      throw failure;
    }
  };
  const sync = async () => {
    await file.datasync();
    unsynced = 0;
  };

  return {
    append(value) {
      waiting.push(`${JSON.stringify(value)}\n`);
      last = last.catch(() => undefined).then(writeWaiting);
      return last;
    },
    async close() {
      try {
        await last.catch(() => undefined);
        if (unsynced > 0 && failure === undefined) await sync();
      } catch (error) {
        throw explain(error);
      } finally {
        await file.close();
      }
    },
  };
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

/** Like `openJournal`, but creates the file with the first line. */
export function openJournalWhenUsed(path: string, options?: JournalOptions): Journal {
  let opened: Promise<Journal> | undefined;
  return {
    append: async (value) => (await (opened ??= openJournal(path, options))).append(value),
    close: async () => (await opened)?.close(),
  };
}
