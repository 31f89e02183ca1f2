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

/** What a conversion is of: source, formats, options. Another one may not continue it. */
export type ConversionClaim = Readonly<Record<string, unknown>>;

/** The folder `TARGET.partial`, in which a conversion is put together. */
export type WorkFolder = {
  readonly path: string;
  /** Gives what is in it the target's name, as a whole. */
  publish(): Promise<void>;
  close(): Promise<void>;
};

export type WorkFolderOptions = {
  readonly claim: ConversionClaim;
  /** Whether the target is the folder itself, or one file in it that has the target's name. */
  readonly holds: 'folder' | 'file';
  /** Whether what an earlier call left is continued; else it is begun anew. */
  readonly continues: boolean;
};

const CLAIM_FILE = 'conversion.json';

export const QUARANTINE_FILE = 'quarantine.jsonl';

/** Lines of a journal between two syncs to disk; all are synced before a conversion is put in its place. */
export const LINES_PER_SYNC = { syncEvery: 256 };

/**
 * Makes the work folder of a target, or finds that of a conversion that was stopped. Throws 'bad-input' where the target is
 * there already, or another conversion was begun; 'failed' while another process is at it.
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

/** Where the list of rows that were set aside ends up. */
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
  throw new RewardEditError('bad-input', 'there is already something here that would be overwritten', {
    where: target,
    hint: 'choose another path, or remove it first',
  });
}

async function claimFolder(path: string, { claim, continues }: WorkFolderOptions): Promise<void> {
  const wanted: unknown = JSON.parse(JSON.stringify(claim));
  const found = await readClaim(join(path, CLAIM_FILE));
  if (found !== undefined && !isDeepStrictEqual(found, wanted)) throw occupied(path, 'another conversion');
  if (found === undefined) {
    const files = await readdir(path).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    if (files.some((name) => !name.startsWith(`.${CLAIM_FILE}.`))) throw occupied(path, 'something else');
  }
  if (found !== undefined && continues) return;
  // The claim goes first: what is left without one would look like somebody's files.
  await makeFolder(path);
  await writeFileAtomic(join(path, CLAIM_FILE), `${JSON.stringify(claim, null, 2)}\n`);
  for (const name of await readdir(path)) {
    if (name !== CLAIM_FILE) await rm(join(path, name), { recursive: true, force: true });
  }
}

function occupied(path: string, what: string): RewardEditError {
  return new RewardEditError('bad-input', `${what} was begun here`, {
    where: path,
    hint: 'end it with the command that began it, or remove the folder',
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
