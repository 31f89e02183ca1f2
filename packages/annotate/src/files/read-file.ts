import { readFile, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { whileFast } from '@rewardedit/core';
import { limitAsync } from 'es-toolkit/promise';

export type ReadFile = (path: string) => Promise<Buffer>;

/** Files that are read at once: more would only wait for each other, and every open file counts against the limit of the process. */
const FILES_AT_ONCE = 16;
// For small files the promises' own takes twice the processor time.
const readWhole = promisify(readFile);
const readOfFew = limitAsync(async (path: string) => readWhole(path), FILES_AT_ONCE);
const read = whileFast();

/** Reads a picture's file, with few others at once. Throws what the system says. */
export const readPictureFile: ReadFile = async (path) =>
  read(
    () => readFileSync(path),
    async () => readOfFew(path),
  );

/**
 * Reads the files of one triplet, which are hashed first and looked at then. What was read is given again for as long as it is in
 * memory anyway: held, the files of all triplets under way would fill it.
 */
export function createFileReader(): ReadFile {
  const known = new Map<string, WeakRef<Buffer>>();
  return async (path) => {
    const before = known.get(path)?.deref();
    if (before !== undefined) return before;
    const bytes = await readPictureFile(path);
    known.set(path, new WeakRef(bytes));
    return bytes;
  };
}
