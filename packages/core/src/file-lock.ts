import { randomBytes } from 'node:crypto';
import { utimes } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RewardEditError } from './errors.ts';
import {
  BEAT_MILLISECONDS,
  STALE_MILLISECONDS,
  aliveLock,
  makeLock,
  readLock,
  removeLock,
  type LockRecord,
} from './lock-record.ts';
import { fateOf, thisProcess } from './process-identity.ts';
import { fromSystemError } from './system-errors.ts';

export type LockOptions = {
  /** Called with a message if it takes seconds to find out whether another holder is alive. */
  readonly onWait?: (message: string) => void;
  /** Called if another process has taken over the lock, which can happen after this one was stopped or its machine slept. */
  readonly onLost?: (error: RewardEditError) => void;
};

/**
 * Locks a file, or what it represents, against other processes on this machine, in other containers, and on other machines that share the file
 * system. Returns a function that releases the lock. Throws 'failed' if another process, or this one, holds it.
 *
 * The lock is a file `.NAME.lock` next to the locked one. Its holder touches it every second, and a lock not touched for 10 s is stale: the next
 * process takes it over. A lock is taken over at once if its process has provably ended (`fateOf`), and never if it is provably running. A
 * holder that was suspended for that long notices before it writes again: see `assertLocksHeld`.
 */
export async function lockFile(
  path: string,
  { onWait, onLost }: LockOptions = {},
): Promise<() => Promise<void>> {
  const folder = dirname(resolve(path));
  const file = lockPath(path);
  const own: LockRecord = { id: randomBytes(8).toString('hex'), ...thisProcess() };
  const explained = (error: unknown) =>
    fromSystemError(error, { doing: 'write into the folder', path: folder });
  const tellWait = (holder: LockRecord | undefined) =>
    onWait?.(
      `Checking for up to ${STALE_MILLISECONDS / 1000} s whether ${describe(holder)} is still running here.`,
    );
  let confirmed = clock();
  const holder = await makeLock(file, own, tellWait).catch((error: unknown) => {
    throw explained(error);
  });
  if (holder !== undefined) throw inUse(path, holder.record);
  let lost: RewardEditError | undefined;
  const lock: HeldLock = { assertHeld };
  held.add(lock);

  async function confirm(): Promise<void> {
    const now = clock();
    const found = await readLock(file);
    if (!held.has(lock) || lost !== undefined) return;
    if (found?.record?.id !== own.id) {
      lost = lostTo(path, found?.record);
      onLost?.(lost);
      return;
    }
    await utimes(file, new Date(), new Date());
    confirmed = now;
  }

  async function assertHeld(): Promise<void> {
    if (lost === undefined && !isFresh(confirmed)) {
      await confirm().catch((error: unknown) => {
        throw explained(error);
      });
    }
    if (lost !== undefined) throw lost;
  }

  // If the file system is unreachable, the next beat tries again; until one succeeds, nothing is written.
  const beat = setInterval(() => void confirm().catch(() => undefined), BEAT_MILLISECONDS);
  beat.unref();
  return async () => {
    clearInterval(beat);
    if (!held.delete(lock) || lost !== undefined) return;
    // A lock that cannot be removed will soon be stale; an error here would hide why the work ended.
    await removeLock(file, { record: own, touched: 0 }, own).catch(() => undefined);
  };
}

/** Throws 'failed' if another process, or this one, holds the lock of a file. Does not acquire it. */
export async function assertUnlocked(path: string): Promise<void> {
  const file = lockPath(path);
  const found = await readLock(file);
  const holder = found && (await aliveLock(file, found));
  if (holder !== undefined) throw inUse(path, holder.record);
}

function lockPath(path: string): string {
  return join(dirname(resolve(path)), `.${basename(path)}.lock`);
}

type HeldLock = { assertHeld(): Promise<void> };

/** The locks held by this process. */
const held = new Set<HeldLock>();

/**
 * Throws 'failed' if another process has taken over one of this process's locks. Journals and atomic files check before each write, so a process
 * that was stopped and resumes after its lock was taken over does not write anymore.
 */
export async function assertLocksHeld(): Promise<void> {
  for (const lock of held) await lock.assertHeld();
}

type Clock = { readonly running: number; readonly wall: number };

/** A monotonic clock, which may stop while the machine sleeps, and the wall clock, which may be set back. */
function clock(): Clock {
  return { running: performance.now(), wall: Date.now() };
}

/** Returns whether too little time has passed for another process to have found the lock stale. */
function isFresh({ running, wall }: Clock): boolean {
  const passed = Math.max(performance.now() - running, Math.abs(Date.now() - wall));
  return passed < STALE_MILLISECONDS / 2;
}

function describe(holder: LockRecord | undefined): string {
  if (holder === undefined) return 'another command';
  const { pid, host } = holder;
  const place = fateOf(holder) === 'unknown' ? ` on ${host}` : '';
  return `another command (process ${pid}${place})`;
}

function inUse(path: string, holder: LockRecord | undefined): RewardEditError {
  return new RewardEditError('failed', `${describe(holder)} is running here`, {
    where: path,
    hint: 'wait for it to end or stop it, then run the same command again',
  });
}

function lostTo(path: string, holder: LockRecord | undefined): RewardEditError {
  return new RewardEditError('failed', `${describe(holder)} took over while this one was suspended`, {
    where: path,
    hint: 'once it has ended, run the same command again: everything written before is kept',
  });
}
