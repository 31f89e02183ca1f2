import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RewardEditError } from './errors.ts';
import { fromSystemError, isMissing } from './system-errors.ts';

/**
 * Creates a folder and its missing parents. Throws 'bad-input' or 'failed' naming the folder that cannot be created.
 *
 * Node's recursive `mkdir` never returns if the system reports an existing folder as missing, as Linux does below /proc.
 */
export async function makeFolder(path: string): Promise<void> {
  const folder = resolve(path);
  if (await tryToMake(folder)) return;
  await makeFolder(dirname(folder));
  // Only a second failure counts: another process may have created the parent in between.
  if (await tryToMake(folder)) return;
  throw new RewardEditError('bad-input', 'cannot make the folder: the file system does not allow new ones', {
    where: folder,
    hint: 'choose another folder',
  });
}

/** Creates one folder, or finds it there; false if its parent is missing. */
async function tryToMake(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    // Another process may have created it; and a read-only file system may report that before it reports that the folder exists.
    if (await isFolder(folder)) return true;
    if (isMissing(error) && dirname(folder) !== folder) return false;
    throw fromSystemError(error, { doing: 'make the folder', path: folder });
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
