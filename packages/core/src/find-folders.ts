import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const DEEPEST = 4;
/** Limit on the number of folders searched. */
const MOST_FOLDERS = 20_000;

/**
 * Returns the folders that contain a file with this name, at or below `root`, nearest first. Skips hidden folders, `node_modules` and unreadable
 * folders.
 *
 * @param hidden names of hidden folders to search nevertheless.
 */
export async function findFolders(
  root: string,
  file: string,
  { hidden = [] }: { readonly hidden?: readonly string[] } = {},
): Promise<string[]> {
  const isEntered = (name: string) =>
    hidden.includes(name) || (!name.startsWith('.') && name !== 'node_modules');
  const found: string[] = [];
  let level = [root];
  let looked = 0;
  for (let depth = 0; depth <= DEEPEST && level.length > 0; depth++) {
    const below: string[] = [];
    for (const folder of level) {
      if ((looked += 1) > MOST_FOLDERS) return found;
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      if (entries.some((entry) => entry.name === file && !entry.isDirectory())) found.push(folder);
      for (const entry of entries)
        if (entry.isDirectory() && isEntered(entry.name)) below.push(join(folder, entry.name));
    }
    level = below;
  }
  return found;
}
