import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { appendFile, statfs, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own, in memory, that can be filled up. */
export type SmallDisk = {
  readonly folder: string;
  /** Fills it, but for so many bytes. */
  fill(left: number): Promise<void>;
  /** Gives the room back. */
  empty(): Promise<void>;
  /** From now on nothing can be written to it. */
  makeReadOnly(): void;
  unmount(): void;
};

/** Mounts a file system of so many bytes. Throws where this process may not. */
export function mountSmallDisk(bytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'rewardedit-disk-'));
  const filler = join(folder, 'filler');
  const run = (command: string, ...args: string[]) => {
    const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) throw error ?? new Error(stderr);
  };
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder);
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
  return {
    folder,
    async fill(left) {
      const { bavail, bsize } = await statfs(folder);
      await appendFile(filler, Buffer.alloc(Math.max(0, bavail * bsize - left)));
    },
    empty: () => truncate(filler),
    makeReadOnly: () => run('mount', '-o', 'remount,ro', folder),
    unmount() {
      run('umount', folder);
      rmdirSync(folder);
    },
  };
}

/** Why this process may mount nothing, or undefined where it may. */
export function whyNoSmallDisk(): string | undefined {
  try {
    mountSmallDisk(1 << 20).unmount();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.trim() : String(error);
  }
}
