import { readCorrections, type Correction } from '@rewardedit/annotate';
import { lockFile, openJournal, type Journal } from '@rewardedit/core';

/** The file in which corrections are stored. */
export type CorrectionJournal = {
  /** Prepares for appending; does nothing if it already has. */
  open(): Promise<void>;
  /** Appends a correction; once the promise resolves, it is on the disk. */
  append(correction: Correction): Promise<void>;
  close(): Promise<void>;
};

/**
 * The journal of corrections, locked at the first correction: a process that only looks neither creates a file nor keeps others
 * out. After a failure (a full disk, another process with the lock) `open` can be called again. Allows one call at a time.
 *
 * @param onOpen is called with the contents of the file once it is locked, since others may have written to it before.
 */
export function createCorrectionJournal(
  path: string,
  onOpen: (corrections: ReadonlyMap<string, Correction>) => Promise<void>,
): CorrectionJournal {
  let unlock: (() => Promise<void>) | undefined;
  let journal: Journal | undefined;

  const close = async () => {
    const [closing, unlocking] = [journal, unlock];
    [journal, unlock] = [undefined, undefined];
    try {
      await closing?.close();
    } finally {
      await unlocking?.();
    }
  };

  return {
    async open() {
      if (journal !== undefined) return;
      unlock ??= await lockFile(path);
      await onOpen(await readCorrections(path));
      journal = await openJournal(path);
    },
    async append(correction) {
      if (journal === undefined) throw new Error('the journal of corrections is not open');
      try {
        await journal.append(correction);
      } catch (error) {
        // It takes its lock along, which another process may have by now.
        await close().catch(() => undefined);
        throw error;
      }
    },
    close,
  };
}
