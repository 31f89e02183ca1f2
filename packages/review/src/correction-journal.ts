import { readCorrections, type Correction } from '@rewardedit/annotate';
import { lockFile, openJournal, type Journal } from '@rewardedit/core';

/** Where corrections are written. */
export type CorrectionJournal = {
  /** Makes ready to append; does nothing where it is. */
  open(): Promise<void>;
  /** Appends a correction; it is on the disk when the promise resolves. */
  append(correction: Correction): Promise<void>;
  close(): Promise<void>;
};

/**
 * The journal of corrections, which is locked at the first correction: who only looks neither makes a file nor keeps others
 * out. After a failure (a full disk, another process that has the lock) `open` tries anew. One call at a time.
 *
 * @param onOpen is told what the file says when it is locked, since others may have written it before.
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
        // With its lock, which another process may have by now.
        await close().catch(() => undefined);
        throw error;
      }
    },
    close,
  };
}
