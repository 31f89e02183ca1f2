import { open, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { fateOf, processIdentitySchema } from './process-identity.ts';
import { isMissing } from './system-errors.ts';

/** The id is random and unique to a lock. */
const recordSchema = processIdentitySchema.extend({ id: z.string().regex(/^[0-9a-f]{16}$/) });

/** The contents of a lock file, which identify its process. They never change; the holder only touches the file's modification time. */
export type LockRecord = z.infer<typeof recordSchema>;

/** A lock as it was read. There is no record if its process has not written it yet, or was killed before it could. */
export type SeenLock = { readonly record: LockRecord | undefined; readonly touched: number };

/** Interval in milliseconds at which a holder touches its lock. */
export const BEAT_MILLISECONDS = 1000;
/** A lock is stale if it was not touched during this many looks at this interval: 10 s. */
const [LOOKS, LOOK_MILLISECONDS] = [20, 500];
export const STALE_MILLISECONDS = LOOKS * LOOK_MILLISECONDS;
const PAUSE_MILLISECONDS = 50;

/**
 * Creates a lock file, taking over a stale one. Returns undefined, or the lock that another process holds.
 *
 * The file is created with O_EXCL, which succeeds for one process only, also on NFS since version 3. Removing it requires a claim: another lock
 * file, named after the lock's id. So only one of several processes that find a stale lock removes it, and none removes a lock that another
 * process has created in its place.
 *
 * @param onWait called once if it takes seconds to find out whether the holder is alive.
 */
export async function makeLock(
  path: string,
  own: LockRecord,
  onWait?: (holder: LockRecord | undefined) => void,
): Promise<SeenLock | undefined> {
  for (;;) {
    if (await create(path, own)) return undefined;
    const found = await readLock(path);
    if (found === undefined) continue;
    const alive = await aliveLock(path, found, onWait);
    if (alive !== undefined) return alive;
    if (!(await removeLock(path, found, own))) await sleep(PAUSE_MILLISECONDS);
  }
}

/** Reads a lock; undefined if there is none. */
export async function readLock(path: string): Promise<SeenLock | undefined> {
  try {
    // Opening the file makes NFS revalidate its contents and modification time.
    const file = await open(path);
    try {
      const [text, { mtimeMs }] = [await file.readFile('utf8'), await file.stat()];
      return { record: parse(text), touched: mtimeMs };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Removes a lock if it is still the one that was read. Returns false if another process is removing it. */
export async function removeLock(path: string, seen: SeenLock, own: LockRecord): Promise<boolean> {
  const claim = `${path}.${seen.record?.id ?? 'unwritten'}`;
  if ((await makeLock(claim, own)) !== undefined) return false;
  try {
    const now = await readLock(path);
    if (now !== undefined && now.record?.id === seen.record?.id) await rm(path, { force: true });
  } finally {
    await rm(claim, { force: true });
  }
  return true;
}

async function create(path: string, own: LockRecord): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(`${JSON.stringify(own)}\n`);
    } catch (error) {
      // Such as on a full disk. Other processes would have to wait for a record.
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  // If this process was suspended before it wrote the record, the lock may have been taken over.
  return (await readLock(path))?.record?.id === own.id;
}

/** Returns a lock if its holder is alive; undefined if it is stale or gone. */
export async function aliveLock(
  path: string,
  found: SeenLock,
  onWait?: (holder: LockRecord | undefined) => void,
): Promise<SeenLock | undefined> {
  const fate = found.record === undefined ? 'unknown' : fateOf(found.record);
  if (fate === 'running') return found;
  if (fate === 'dead') return undefined;
  // Counts looks rather than seconds, so that time during which this process was suspended does not count, and clocks of different machines are
  // never compared.
  for (let look = 1; look <= LOOKS; look += 1) {
    await sleep(LOOK_MILLISECONDS);
    if (look * LOOK_MILLISECONDS === 2 * BEAT_MILLISECONDS) onWait?.(found.record);
    const now = await readLock(path);
    if (now === undefined) return undefined;
    if (now.touched !== found.touched || now.record?.id !== found.record?.id) return now;
  }
  return undefined;
}

function parse(text: string): LockRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
