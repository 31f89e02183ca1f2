import { existsSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RewardEditError } from '../errors.ts';
import { lockFile } from '../file-lock.ts';
import { makeFolder } from '../make-folder.ts';
import { fromSystemError } from '../system-errors.ts';
import { openEventLog } from './event-log.ts';
import type { EventBody, RunEvent } from './event-schema.ts';
import { EVENTS_FILE } from './file-names.ts';
import { writeEvent } from './read-event.ts';

/** The destination of a run's events. */
export type RunStream = {
  /** Whether events are written. */
  readonly isOpen: boolean;
  /** The error if events cannot be written. It is reported once there is work to report. */
  readonly trouble?: Error;
  /** The last event of an earlier process. */
  readonly last?: { readonly run: string; readonly seq: number } | undefined;
  write(event: RunEvent): void;
  close(): Promise<void>;
  closeNow(): void;
  /** Closes, and leaves no trace if only a preamble was written. */
  withdraw(): Promise<void>;
};

/** For a run without a folder. */
export const NO_STREAM: RunStream = {
  isOpen: false,
  write: () => undefined,
  close: async () => undefined,
  closeNow: () => undefined,
  withdraw: async () => undefined,
};

/** Events that may come before any work. */
export const PREAMBLE: ReadonlySet<EventBody['type']> = new Set([
  'run-started',
  'run-finished',
  'phase-started',
  'phase-finished',
  'warning',
  'log',
]);

/**
 * Opens the events in a run folder for writing. The preamble is held back until there is other work to report, or the run has ended. Throws 'failed'
 * if another process is writing them.
 */
export async function openRunStream(
  folder: string,
  {
    fresh,
    onTrouble,
    onWait,
  }: {
    readonly fresh: boolean;
    readonly onTrouble: (error: Error) => void;
    readonly onWait?: ((message: string) => void) | undefined;
  },
): Promise<RunStream> {
  const path = join(folder, EVENTS_FILE);
  const isNew = !existsSync(folder);
  const refused = (error: unknown): RunStream => ({
    ...NO_STREAM,
    trouble: fromSystemError(error, { doing: 'write the events', path }),
  });
  try {
    await makeFolder(folder);
  } catch (error) {
    return refused(error);
  }
  let unlock: (() => Promise<void>) | undefined;
  try {
    let isLost = false;
    unlock = await lockFile(path, {
      onLost: () => (isLost = true),
      ...(onWait !== undefined && { onWait }),
    });
    const log = await openEventLog(path, { fresh, onTrouble });
    const remove = async () => {
      if (log.last === undefined) await rm(path, { force: true });
      // Only removes empty folders.
      if (isNew)
        await rmdir(folder)
          .then(() => rmdir(dirname(folder)))
          .catch(() => undefined);
    };
    return heldBack(log, { release: unlock, remove, isLost: () => isLost });
  } catch (error) {
    await unlock?.();
    // System errors have a cause; a lock held by another process has none.
    if (error instanceof RewardEditError && error.cause === undefined) throw error;
    return refused(error);
  }
}

type EventLog = Awaited<ReturnType<typeof openEventLog>>;

function heldBack(
  log: EventLog,
  {
    release,
    remove,
    isLost,
  }: {
    readonly release: () => Promise<void>;
    readonly remove: () => Promise<void>;
    /** Whether another process has taken over the events, after this one was suspended. */
    readonly isLost: () => boolean;
  },
): RunStream {
  let preamble: string[] | undefined = [];
  const pass = () => {
    for (const line of preamble ?? []) log.append(line);
    preamble = undefined;
  };
  return {
    isOpen: true,
    last: log.last,
    write(event) {
      if (!PREAMBLE.has(event.type)) pass();
      const line = writeEvent(event);
      if (preamble === undefined) log.append(line);
      else preamble.push(line);
    },
    async close() {
      pass();
      await log.close();
      await release();
    },
    closeNow() {
      pass();
      if (!isLost()) log.closeNow();
    },
    async withdraw() {
      const isPreamble = preamble !== undefined;
      await log.close();
      await release();
      if (isPreamble) await remove();
    },
  };
}
