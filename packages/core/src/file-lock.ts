import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RewardEditError } from './errors.ts';
import { isRunning } from './processes.ts';
import { fromSystemError } from './system-errors.ts';

/**
 * Keeps other processes on this machine from writing a file, or what it stands for, until the function that it gives is
 * called. A process that was killed keeps nobody out. Throws 'failed' where another process, or this one, has it already.
 *
 * Each process leaves a file of its own beside the one to write, then looks for those of others: so that there is no moment
 * at which two of them may think that a file of a killed one is theirs to replace. Two that begin at once may both be refused.
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  const folder = dirname(resolve(path));
  const prefix = `.${basename(path)}.`;
  const own = join(folder, `${prefix}${process.pid}.lock`);
  if (held.has(own)) throw inUse(path, process.pid);
  held.add(own);
  const release = async () => {
    held.delete(own);
    await rm(own, { force: true });
  };
  try {
    await writeFile(own, (await startOf(process.pid)) ?? '');
    for (const name of await readdir(folder)) {
      const [, digits] = name.startsWith(prefix)
        ? (/^(\d+)\.lock$/.exec(name.slice(prefix.length)) ?? [])
        : [];
      const pid = Number(digits);
      if (digits === undefined || pid === process.pid) continue;
      if (await isHeld(join(folder, name), pid)) throw inUse(path, pid);
      await rm(join(folder, name), { force: true });
    }
  } catch (error) {
    await release().catch(() => undefined);
    throw fromSystemError(error, { doing: 'write into the folder', path: folder });
  }
  return release;
}

/** The locks of this process. */
const held = new Set<string>();

/** Whether the process that left a lock is still there, and not another one that got its number. */
async function isHeld(lock: string, pid: number): Promise<boolean> {
  if (!isRunning(pid)) return false;
  const start = await startOf(pid);
  const noted = await readFile(lock, 'utf8').catch(() => '');
  return start === undefined || noted === '' || noted === start;
}

/** When a process began, in the units of the system; undefined where the system does not tell. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    // The name of the program stands in parentheses, and may hold spaces; the start is the 22nd field.
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function inUse(path: string, pid: number): RewardEditError {
  return new RewardEditError('failed', `another command (process ${pid}) is at work here`, {
    where: path,
    hint: 'wait until it has ended or stop it, then run the same command again',
  });
}
