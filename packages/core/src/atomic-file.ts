import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RewardEditError } from './errors.ts';
import { assertLocksHeld } from './file-lock.ts';
import { exists, processSpace } from './process-identity.ts';
import { syncFolder, syncTree } from './sync.ts';
import { fromSystemError, isMissing } from './system-errors.ts';

type FileData = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Writes a file atomically: under a temporary name in the same folder, synced to disk, then renamed. Readers see the old contents or the new
 * ones, even if the process is killed at any moment.
 */
export async function writeFileAtomic(path: string, data: FileData): Promise<void> {
  await replace(path, 'write the file', async (temporary) => {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/**
 * Writes a folder atomically: `fill` writes into a temporary folder next to it, which is synced to disk and then renamed. Throws 'bad-input' if the
 * path exists and is not an empty folder.
 */
export async function writeFolderAtomic(
  path: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  await assertFree(path);
  await replace(path, 'write the folder', async (temporary) => {
    await mkdir(temporary);
    await fill(temporary);
    await syncTree(temporary);
  });
}

async function replace(
  path: string,
  doing: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const folder = dirname(resolve(path));
  const temporary = temporaryPath(path);
  inFlight.add(temporary);
  try {
    await removeLeftovers(path);
    await write(temporary);
    await assertLocksHeld();
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw underFinalName(fromSystemError(error, { doing, path }), temporary, path);
  } finally {
    inFlight.delete(temporary);
  }
}

/** Replaces the temporary path in an error, which no longer exists, by the final path. */
function underFinalName(error: Error, temporary: string, path: string): Error {
  if (!(error instanceof RewardEditError) || error.where?.startsWith(temporary) !== true) return error;
  const { code, message, hint, where } = error;
  return new RewardEditError(code, message, {
    hint,
    where: where.replace(temporary, () => resolve(path)),
    cause: error,
  });
}

/** Temporary paths being written by this process. */
const inFlight = new Set<string>();
let written = 0;

function temporaryPath(path: string): string {
  written += 1;
  const name = [`.${basename(path)}`, `${process.pid}-${written}`, processSpace(), 'tmp'];
  return join(dirname(resolve(path)), name.filter((part) => part !== '').join('.'));
}

/** Age at which a temporary path of an unknown process, such as one in another container, is considered abandoned. */
const FORGOTTEN_MILLISECONDS = 24 * 60 * 60 * 1000;

/** Removes temporary paths left by killed processes that wrote the same path. */
async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  const prefix = `.${basename(path)}.`;
  for (const name of await readdir(folder)) {
    const [, digits, space] = name.startsWith(prefix)
      ? (/^(\d+)-\d+(?:\.([0-9a-f]{8}))?\.tmp$/.exec(name.slice(prefix.length)) ?? [])
      : [];
    const leftover = join(folder, name);
    if (digits === undefined || inFlight.has(leftover)) continue;
    const pid = Number(digits);
    const isOver =
      space !== undefined && space === processSpace()
        ? pid === process.pid || !exists(pid)
        : await isForgotten(leftover);
    if (isOver) await rm(leftover, { recursive: true, force: true });
  }
}

async function isForgotten(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > FORGOTTEN_MILLISECONDS;
  } catch {
    return false;
  }
}

async function assertFree(path: string): Promise<void> {
  try {
    if ((await stat(path)).isDirectory() && (await readdir(path)).length === 0) return;
  } catch (error) {
    if (isMissing(error)) return;
    throw fromSystemError(error, { doing: 'write the folder', path });
  }
  throw new RewardEditError('bad-input', 'the path already exists and would be overwritten', {
    where: path,
    hint: 'choose another path, or remove it first',
  });
}
