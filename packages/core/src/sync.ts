import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Syncs a folder's list of files to disk. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder, and renames there are written through.
  if (process.platform !== 'win32') await syncPath(folder);
}

/** Number of files synced concurrently: file systems flush them together. */
const AT_ONCE = 32;

/** Syncs a folder and every file and folder below it. */
export async function syncTree(folder: string): Promise<void> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) files.push(path);
  }
  const syncNext = async () => {
    for (let path = files.pop(); path !== undefined; path = files.pop()) await syncPath(path);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, syncNext));
  await syncFolder(folder);
}

async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
