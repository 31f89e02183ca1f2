import { constants, lstatSync, type Stats } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../system-errors.ts';
import { MOST_REQUEST_BYTES, REQUESTS_FOLDER, requestSchema, type RequestName } from './request.ts';

const POLL_MILLISECONDS = 500;

export type TakeOptions = {
  /** The name of the run. */
  readonly run: string;
  readonly onRequest: (request: RequestName) => void;
  /** Called once if requests are not taken, because another user could have sent them. */
  readonly onRefusal: (reason: string) => void;
  readonly pollMilliseconds?: number;
};

/**
 * Takes requests sent to a run folder from now on; earlier ones are discarded. Only files of this process's user count, in a folder that only this
 * user may write to. It polls, since network drives lack notifications. Returns a function to stop it.
 */
export function takeRequests(
  runFolder: string,
  { run, onRequest, onRefusal, pollMilliseconds = POLL_MILLISECONDS }: TakeOptions,
): () => void {
  const folder = join(runFolder, REQUESTS_FOLDER);
  const user = process.getuid?.();
  let isEnded = false;
  let isFirst = true;
  let refused: string | undefined;
  let timer: NodeJS.Timeout | undefined;

  const look = async () => {
    const reason = whyNot(lstatSync(folder), user);
    if (reason !== undefined && reason !== refused) onRefusal(`${folder} is not read: ${reason}`);
    refused = reason;
    if (reason !== undefined) return;
    for (const name of (await readdir(folder)).toSorted()) {
      if (!name.endsWith('.json')) continue;
      const path = join(folder, name);
      const request = isFirst ? undefined : await readRequest(path, user);
      await rm(path, { force: true });
      if (request?.run === run && !isEnded) onRequest(request.request);
    }
  };
  const lookAgain = () => {
    look()
      .catch((error: unknown) => {
        // No request has been sent yet. Other errors show as a missing response.
        if (isMissing(error)) refused = undefined;
      })
      .finally(() => {
        isFirst = false;
        // Does not keep the process alive.
        if (!isEnded) timer = setTimeout(lookAgain, pollMilliseconds).unref();
      });
  };
  lookAgain();
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}

/** Returns why requests in the folder may be from another user. */
function whyNot(folder: Stats, user: number | undefined): string | undefined {
  if (!folder.isDirectory()) return 'it is not a folder';
  if (user === undefined) return undefined;
  if (folder.uid !== user) return 'it belongs to another user';
  return (folder.mode & 0o022) === 0 ? undefined : 'other users may write to it';
}

async function readRequest(path: string, user: number | undefined) {
  // Does not follow symbolic links or block on pipes. On Windows these flags are undefined and have no effect.
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = await file.stat();
      const isOurs = user === undefined || stats.uid === user;
      if (!stats.isFile() || !isOurs || stats.size > MOST_REQUEST_BYTES) return undefined;
      return requestSchema.safeParse(JSON.parse(await file.readFile('utf8'))).data;
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
