import { openJournal, type Journal } from '@rewardedit/core';

/** Lines written between two syncs to disk; all are synced before a conversion is put in its place. */
const LINES_PER_SYNC = 256;

/** A journal whose file is not there until something is in it. */
export function lazyJournal(path: string): Journal {
  let opened: Promise<Journal> | undefined;
  return {
    append: async (value) =>
      (await (opened ??= openJournal(path, { syncEvery: LINES_PER_SYNC }))).append(value),
    close: async () => (await opened)?.close(),
  };
}
