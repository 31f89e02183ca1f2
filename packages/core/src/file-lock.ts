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
  /** Told, where it takes some seconds to find out whether another holder is alive, that it does. */
  readonly onWait?: (message: string) => void;
  /** Told that another process has the lock now, as happens to one that was stopped, or whose machine slept. */
  readonly onLost?: (error: RewardEditError) => void;
};

/**
 * Keeps other processes from writing a file, or what it stands for, until the function that it gives is called: on this machine,
 * in other containers, and on other machines that share the file system. Throws 'failed' where another process, or this one, has
 * it already.
 *
 * The lock is a file `.NAME.lock` beside the one to write. Its holder touches it every second, and a lock that nobody has
 * touched for 10 s is stale: the next process takes it over. One that can be proven to be of a process that has ended (`fateOf`)
 * is taken over at once, one of a process that can be proven to run never. A holder that stood still for so long finds that out
 * before it writes again: see `assertLocksHeld`.
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
      `Looking for up to ${STALE_MILLISECONDS / 1000} s whether ${describe(holder)} is still at work here.`,
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

  // Where the file system is away, the next beat tries again; until one has come through, nothing is written.
  const beat = setInterval(() => void confirm().catch(() => undefined), BEAT_MILLISECONDS);
  beat.unref();
  return async () => {
    clearInterval(beat);
    if (!held.delete(lock) || lost !== undefined) return;
    // One that cannot be removed, as on a full disk, is stale soon; an error here would hide why the work ended.
    await removeLock(file, { record: own, touched: 0 }, own).catch(() => undefined);
  };
}

/** Throws 'failed' where another process, or this one, holds the lock of a file; takes none itself. */
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

/** The locks of this process. */
const held = new Set<HeldLock>();

/**
 * Throws 'failed' where another process has taken over one of the locks of this one. Journals and atomic files ask before each
 * write, so a process that was stopped and goes on after its lock was taken over writes nothing more.
 */
export async function assertLocksHeld(): Promise<void> {
  for (const lock of held) await lock.assertHeld();
}

type Clock = { readonly running: number; readonly wall: number };

/** The first stands still while a machine sleeps, the second may be set back. */
function clock(): Clock {
  return { running: performance.now(), wall: Date.now() };
}

/** Whether so little time has passed that nobody can have found the lock stale. */
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
  return new RewardEditError('failed', `${describe(holder)} is at work here`, {
    where: path,
    hint: 'wait until it has ended or stop it, then run the same command again',
  });
}

function lostTo(path: string, holder: LockRecord | undefined): RewardEditError {
  return new RewardEditError('failed', `${describe(holder)} took over while this one stood still`, {
    where: path,
    hint: 'once that one has ended, run the same command again: what this one wrote before is kept',
  });
}
