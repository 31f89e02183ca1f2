import { readdir } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';

/** An entry of a folder: a folder to open or a picture to choose. */
export type Entry = { readonly name: string; readonly path: string; readonly isFolder: boolean };

const PICTURES = ['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff', '.gif'];
/** The largest number of entries to list. */
const MOST = 2000;

/** Lists the folders and pictures in a folder, and its parent. Leaves out hidden ones. */
export async function browse(folder: string): Promise<Entry[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const visible = entries.filter(({ name }) => !name.startsWith('.')).slice(0, MOST);
  const toEntry = (isFolder: boolean) => (entry: { readonly name: string }) => ({
    ...{ name: entry.name, path: join(folder, entry.name), isFolder },
  });
  const byName = (a: Entry, b: Entry) => a.name.localeCompare(b.name, 'en', { numeric: true });
  const folders = visible
    .filter((entry) => entry.isDirectory())
    .map(toEntry(true))
    .toSorted(byName);
  const pictures = visible
    .filter((entry) => !entry.isDirectory() && PICTURES.includes(extname(entry.name).toLowerCase()))
    .map(toEntry(false))
    .toSorted(byName);
  const up = dirname(folder) === folder ? [] : [{ name: '..', path: dirname(folder), isFolder: true }];
  return [...up, ...folders, ...pictures];
}
