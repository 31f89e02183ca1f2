import { readdir } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';

/** Something in a folder that can be gone into or chosen. */
export type Entry = { readonly name: string; readonly path: string; readonly isFolder: boolean };

const PICTURES = ['.png', '.jpg', '.jpeg', '.webp', '.tif', '.tiff', '.gif'];
/** A folder with more is cut off. */
const MOST = 2000;

/** The folders and pictures in a folder, and the way up. Hidden ones are left out. */
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
