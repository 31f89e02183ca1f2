import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RewardEditError } from './errors.ts';
import { fromSystemError, isMissing } from './system-errors.ts';

/**
 * Makes a folder and those above it, where they are missing. Throws 'bad-input' or 'failed', naming the folder that cannot be
 * made.
 *
 * Node's own recursive `mkdir` never returns where the system says that a folder is missing which is there, as Linux does
 * below /proc.
 */
export async function makeFolder(path: string): Promise<void> {
  const folder = resolve(path);
  if (await tryToMake(folder)) return;
  await makeFolder(dirname(folder));
  // Only the second refusal counts: another process may have made the folder above between the first and its being looked at.
  if (await tryToMake(folder)) return;
  throw new RewardEditError('bad-input', 'cannot make the folder: the file system takes no new ones', {
    where: folder,
    hint: 'choose another folder',
  });
}

/** Makes one folder, or finds it there; false where the system says that the one above is missing. */
async function tryToMake(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    // Several at once may make the same folder; and a file system that is read-only may say so before it says that it is there.
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
