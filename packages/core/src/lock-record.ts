import { open, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { fateOf, processIdentitySchema } from './process-identity.ts';
import { isMissing } from './system-errors.ts';

/** Random: no two locks have the same. */
const recordSchema = processIdentitySchema.extend({ id: z.string().regex(/^[0-9a-f]{16}$/) });

/** What a lock file says of the process that made it. It never changes; signs of life are in the file's time. */
export type LockRecord = z.infer<typeof recordSchema>;

/** A lock as it was seen: without a record where its maker has not written it yet, or was killed before it could. */
export type SeenLock = { readonly record: LockRecord | undefined; readonly touched: number };

/** A holder that is not known to run touches its lock at least this often, in milliseconds. */
export const BEAT_MILLISECONDS = 1000;
/** A lock at which one has looked so often, at such a distance, and which nobody has touched meanwhile, is stale: after 10 s. */
const [LOOKS, LOOK_MILLISECONDS] = [20, 500];
export const STALE_MILLISECONDS = LOOKS * LOOK_MILLISECONDS;
const PAUSE_MILLISECONDS = 50;

/**
 * Makes a lock file; gives the lock that keeps it from being made, or undefined where it is made. A stale one is taken over.
 *
 * The file is made with O_EXCL, which one process alone can do for a name, also on NFS since version 3. It is removed only by
 * whoever holds the claim on it: a lock file of its own, which has the id of the lock in its name. So of several that find the
 * same stale lock one removes it, and none can remove the lock that another has made in its place meanwhile.
 *
 * @param onWait is called once where it takes some seconds to find out whether the holder is alive.
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

/** The lock of this name; undefined where there is none. */
export async function readLock(path: string): Promise<SeenLock | undefined> {
  try {
    // To open the file makes NFS ask the server for its contents and its time.
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

/** Removes a lock, if it is still the one that was seen. Gives false where another process is removing it. */
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
      // As on a full disk: without a name in it, others would have to wait whether one comes.
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
  // One that stood still for long before it wrote its name may have been taken for dead.
  return (await readLock(path))?.record?.id === own.id;
}

/** The lock of this name if its holder is alive; undefined where it is stale or gone. */
export async function aliveLock(
  path: string,
  found: SeenLock,
  onWait?: (holder: LockRecord | undefined) => void,
): Promise<SeenLock | undefined> {
  const fate = found.record === undefined ? 'unknown' : fateOf(found.record);
  if (fate === 'running') return found;
  if (fate === 'dead') return undefined;
  // Looks are counted, not seconds: one that stood still itself has not looked. And no two machines' clocks are compared.
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
