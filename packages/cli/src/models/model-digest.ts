import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** The SHA-256 of a file, or of all files of a model folder and their names, which distinguishes models at the same path. */
export async function modelDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of (await stat(path)).isFile() ? [path] : await filesIn(path)) {
    hash.update(`${relative(path, file)}\n`);
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.toSorted();
}
