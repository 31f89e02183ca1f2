import { open, stat } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import {
  EVENTS_FILE,
  INITIAL_STATE,
  RUNS_FOLDER,
  findFolders,
  readEvent,
  reduceRun,
  type RunState,
} from '@rewardedit/core';

/** A run, with data from the beginning and the end of its events. */
export type FoundRun = {
  readonly folder: string;
  readonly title: string;
  /** The modification time of its events, in milliseconds since 1970. */
  readonly changedAt: number;
  readonly state: RunState;
};

const MOST_RUNS = 500;
/** The bytes to read from the beginning and from the end of the events. */
const PART_BYTES = 64 * 1024;

/** Finds the runs in and below a folder, most recently changed first. Skips folders that cannot be read. */
export async function findRuns(root: string): Promise<FoundRun[]> {
  const folders = await findFolders(resolve(root), EVENTS_FILE, { hidden: [RUNS_FOLDER] });
  const found = await Promise.all(
    folders.map((folder) => summary(folder, resolve(root)).catch(() => undefined)),
  );
  return found
    .filter((run) => run !== undefined)
    .toSorted((a, b) => b.changedAt - a.changedAt)
    .slice(0, MOST_RUNS);
}

/** Whether a folder contains the events of a run. */
export async function isRunFolder(folder: string): Promise<boolean> {
  return (await stat(join(folder, EVENTS_FILE)).catch(() => undefined))?.isFile() === true;
}

async function summary(folder: string, root: string): Promise<FoundRun> {
  const path = join(folder, EVENTS_FILE);
  const { size, mtimeMs } = await stat(path);
  const file = await open(path, 'r');
  try {
    const part = async (from: number) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(PART_BYTES), 0, PART_BYTES, from);
      return buffer.toString('utf8', 0, bytesRead).split('\n');
    };
    const lines =
      size <= PART_BYTES
        ? await part(0)
        : [...(await part(0)), ...(await part(Math.max(PART_BYTES, size - PART_BYTES)))];
    const state = lines.flatMap((line) => readEvent(line) ?? []).reduce(reduceRun, INITIAL_STATE);
    return { folder, title: relative(root, folder) || basename(folder), changedAt: mtimeMs, state };
  } finally {
    await file.close();
  }
}
