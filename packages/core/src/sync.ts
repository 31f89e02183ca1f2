import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Syncs to disk which files a folder holds, and under which names. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder, and writes renames through by itself.
  if (process.platform !== 'win32') await syncPath(folder);
}

/** So many files are synced at once: file systems write them through together. */
const AT_ONCE = 32;

/** Syncs every file and folder below a folder, and the folder itself. */
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
