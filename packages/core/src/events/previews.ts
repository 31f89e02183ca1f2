import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../make-folder.ts';
import { PREVIEWS_FOLDER } from './file-names.ts';

/** Number of previews kept; the oldest are removed first. */
const MOST_PREVIEWS = 200;
/** Larger previews are not saved. */
const MOST_BYTES = 256 * 1024;

/**
 * Saves a small picture next to the events of a run and returns its path relative to the run folder, or undefined if it is too large. Names are
 * numbered, so that the oldest are known after a restart too.
 */
export type SavePreview = (png: Uint8Array) => Promise<string | undefined>;

export function createPreviews(runFolder: string): SavePreview {
  const folder = join(runFolder, PREVIEWS_FOLDER);
  let names: Promise<string[]> | undefined;
  const begin = async () => {
    await makeFolder(folder);
    return (await readdir(folder)).filter((name) => /^\d{9}\.png$/.test(name)).toSorted();
  };
  let last: Promise<unknown> = Promise.resolve();

  const save = async (png: Uint8Array) => {
    const known = await (names ??= begin());
    const number = known.length === 0 ? 1 : Number.parseInt(known.at(-1)!) + 1;
    const name = `${String(number).padStart(9, '0')}.png`;
    known.push(name);
    await writeFile(join(folder, name), png);
    while (known.length > MOST_PREVIEWS) await rm(join(folder, known.shift()!), { force: true });
    return `${PREVIEWS_FOLDER}/${name}`;
  };
  return (png) => {
    if (png.length > MOST_BYTES) return Promise.resolve(undefined);
    const saved = last.then(() => save(png));
    last = saved.catch(() => undefined);
    return saved;
  };
}
