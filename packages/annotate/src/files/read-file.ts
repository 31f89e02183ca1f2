import { readFile, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { whileFast } from '@rewardedit/core';
import { limitAsync } from 'es-toolkit/promise';

export type ReadFile = (path: string) => Promise<Buffer>;

/** Files read at once. More would only wait for each other, and every open file counts against the limit of the process. */
const FILES_AT_ONCE = 16;
// For small files, the version of `fs/promises` takes twice the processor time.
const readWhole = promisify(readFile);
const readOfFew = limitAsync(async (path: string) => readWhole(path), FILES_AT_ONCE);
const read = whileFast();

/** Reads a picture's file, a few at a time. Throws the system's error. */
export const readPictureFile: ReadFile = async (path) =>
  read(
    () => readFileSync(path),
    async () => readOfFew(path),
  );

/**
 * Creates a reader for the files of one triplet, which are hashed first and decoded later. Remembers their bytes weakly: strong references
 * to the files of all triplets under way would fill the memory.
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
