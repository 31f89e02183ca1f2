import { readFile, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  RewardEditError,
  fromSystemError,
  isMissing,
  lockFile,
  makeFolder,
  syncFolder,
  syncTree,
  writeFileAtomic,
} from '@rewardedit/core';

/** Source, formats and options of a conversion. A conversion with other ones may not resume it. */
export type ConversionClaim = Readonly<Record<string, unknown>>;

/** The folder `TARGET.partial`, in which a conversion is assembled. */
export type WorkFolder = {
  readonly path: string;
  /** Moves the contents to the target, atomically. */
  publish(): Promise<void>;
  close(): Promise<void>;
};

export type WorkFolderOptions = {
  readonly claim: ConversionClaim;
  /** Whether the target is the folder itself, or the file in it with the target's name. */
  readonly holds: 'folder' | 'file';
  /** Whether to keep what an earlier call left, instead of starting over. */
  readonly continues: boolean;
};

const CLAIM_FILE = 'conversion.json';

export const QUARANTINE_FILE = 'quarantine.jsonl';

/** Lines of a journal between two syncs to disk. All are synced before publishing. */
export const LINES_PER_SYNC = { syncEvery: 256 };

/**
 * Creates the work folder of a target, or opens that of a stopped conversion. Throws 'bad-input' if the target exists already or another
 * conversion to it was started; 'failed' while another process is writing it.
 */
export async function openWorkFolder(target: string, options: WorkFolderOptions): Promise<WorkFolder> {
  const final = resolve(target);
  const path = `${final}.partial`;
  await makeFolder(dirname(final));
  const unlock = await lockFile(final);
  try {
    await assertFree(final);
    await claimFolder(path, options);
  } catch (error) {
    await unlock();
    throw fromSystemError(error, { doing: 'make the folder', path });
  }
  return {
    path,
    async publish() {
      try {
        await (options.holds === 'folder' ? publishFolder(path, final) : publishFile(path, final));
        await syncFolder(dirname(final));
      } catch (error) {
        throw fromSystemError(error, { doing: 'finish the dataset', path: target });
      }
    },
    close: unlock,
  };
}

/** Path of the final list of rows set aside. */
export function quarantinePath(target: string, holds: WorkFolderOptions['holds']): string {
  return holds === 'folder' ? join(target, QUARANTINE_FILE) : `${target}.${QUARANTINE_FILE}`;
}

async function assertFree(target: string): Promise<void> {
  try {
    if ((await stat(target)).isDirectory() && (await readdir(target)).length === 0) return;
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  throw new RewardEditError('bad-input', 'this already exists and would be overwritten', {
    where: target,
    hint: 'choose another path, or remove it first',
  });
}

async function claimFolder(path: string, { claim, continues }: WorkFolderOptions): Promise<void> {
  const wanted: unknown = JSON.parse(JSON.stringify(claim));
  const found = await readClaim(join(path, CLAIM_FILE));
  if (found !== undefined && !isDeepStrictEqual(found, wanted))
    throw occupied(path, 'another unfinished conversion');
  if (found === undefined) {
    const files = await readdir(path).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    if (files.some((name) => !name.startsWith(`.${CLAIM_FILE}.`))) throw occupied(path, 'something else');
  }
  if (found !== undefined && continues) return;
  // The claim comes first, because a folder without one looks like the user's files.
  await makeFolder(path);
  await writeFileAtomic(join(path, CLAIM_FILE), `${JSON.stringify(claim, null, 2)}\n`);
  for (const name of await readdir(path)) {
    if (name !== CLAIM_FILE) await rm(join(path, name), { recursive: true, force: true });
  }
}

function occupied(path: string, what: string): RewardEditError {
  return new RewardEditError('bad-input', `this folder holds ${what}`, {
    where: path,
    hint: 'finish it with the command that started it, or remove the folder',
  });
}

async function readClaim(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function publishFolder(path: string, final: string): Promise<void> {
  await syncTree(path);
  await rmdir(final).catch(() => undefined);
  await rename(path, final);
  await rm(join(final, CLAIM_FILE), { force: true });
}

async function publishFile(path: string, final: string): Promise<void> {
  await syncTree(path);
  const list = join(path, QUARANTINE_FILE);
  if ((await readdir(path)).includes(QUARANTINE_FILE)) await rename(list, quarantinePath(final, 'file'));
  else await rm(quarantinePath(final, 'file'), { force: true });
  await rename(join(path, basename(final)), final);
  await rm(path, { recursive: true, force: true });
}
