import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const DEEPEST = 4;
/** So many folders are looked into. */
const MOST_FOLDERS = 20_000;

/**
 * The folders that hold a file of this name: a folder and those below it, the nearest first. Hidden folders, `node_modules` and those
 * that cannot be read are passed over.
 *
 * @param hidden names of hidden folders that are looked into all the same.
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
