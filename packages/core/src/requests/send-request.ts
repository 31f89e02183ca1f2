import { randomBytes } from 'node:crypto';
import { lstat, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError } from '../errors.ts';
import { fromSystemError } from '../system-errors.ts';
import { REQUESTS_FOLDER, type Request } from './request.ts';

/**
 * Sends a request to a run on this machine, or on another one that shares the file system, as a file in its folder, which the run removes. Throws
 * if the file cannot be written. Whether the run received it shows in its events.
 */
export async function sendRequest(runFolder: string, request: Request): Promise<void> {
  const folder = join(runFolder, REQUESTS_FOLDER);
  try {
    // Not writable by other users.
    await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (!(await lstat(folder)).isDirectory())
      throw new RewardEditError('failed', 'requests cannot be sent: this is not a folder', { where: folder });
    // Names sort in the order in which they were sent.
    const name = `${Date.now()}-${randomBytes(4).toString('hex')}`;
    const temporary = join(folder, `.${name}.tmp`);
    await writeFile(temporary, JSON.stringify(request), { flag: 'wx', mode: 0o600 });
    await rename(temporary, join(folder, `${name}.json`));
  } catch (error) {
    throw fromSystemError(error, { doing: 'send the request', path: folder });
  }
}
