import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** What every model folder holds. */
const INDEX = 'model_index.json';
const DEEPEST = 4;
const MOST_FOLDERS = 5000;

/** The model folders in a folder and below it, as paths relative to it. Hidden folders and those that cannot be read are passed over. */
export async function findModels(root: string): Promise<string[]> {
  const found: string[] = [];
  let level = [root];
  let looked = 0;
  for (let depth = 0; depth <= DEEPEST && level.length > 0; depth++) {
    const below: string[] = [];
    for (const folder of level) {
      if ((looked += 1) > MOST_FOLDERS) return found;
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      if (entries.some(({ name }) => name === INDEX)) {
        found.push(relative(root, folder) || '.');
        continue;
      }
      for (const entry of entries)
        if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
          below.push(join(folder, entry.name));
    }
    level = below;
  }
  return found;
}
