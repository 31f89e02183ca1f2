import { randomBytes } from 'node:crypto';
import { lstat, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError } from '../errors.ts';
import { fromSystemError } from '../system-errors.ts';
import { REQUESTS_FOLDER, type Request } from './request.ts';

/**
 * Asks something of a run that is at work, on this machine or another one that shares the file system: a file in its folder, which it
 * takes away. Throws where the file cannot be written; whether the run heard is told by its events.
 */
export async function sendRequest(runFolder: string, request: Request): Promise<void> {
  const folder = join(runFolder, REQUESTS_FOLDER);
  try {
    // Nobody else may write into it.
    await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (!(await lstat(folder)).isDirectory())
      throw new RewardEditError('failed', 'requests cannot be sent: this is no folder', { where: folder });
    // Names in the order in which they were sent.
    const name = `${Date.now()}-${randomBytes(4).toString('hex')}`;
    const temporary = join(folder, `.${name}.tmp`);
    await writeFile(temporary, JSON.stringify(request), { flag: 'wx', mode: 0o600 });
    await rename(temporary, join(folder, `${name}.json`));
  } catch (error) {
    throw fromSystemError(error, { doing: 'send the request', path: folder });
  }
}
