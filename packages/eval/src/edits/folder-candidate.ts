import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { EVENTS_FILE, PREVIEWS_FOLDER, RewardEditError, fromSystemError } from '@rewardedit/core';
import { readPictureFile } from '@rewardedit/data';
import type { BenchmarkItem } from '../benchmarks/benchmark.ts';
import type { Candidate, EditOfItem } from './candidate.ts';

/** File endings of edited pictures; other files (logs, prompts) are ignored. */
const PICTURE = /\.(?:png|jpe?g|webp|tiff?|gif)$/i;

/**
 * A folder of edited pictures made by anything, subfolders included: an item's picture has its id or another file name from the
 * benchmark, with any ending. Case and Unicode's two forms of accents make no difference.
 *
 * @throws RewardEditError 'bad-input' if there is no such folder, or no picture of any item in it.
 */
export async function folderCandidate(path: string, items: readonly BenchmarkItem[]): Promise<Candidate> {
  const files = await picturesBelow(path);
  const byName = new Map<string, string[]>();
  for (const file of files) {
    const key = normalName(withoutEnding(file));
    byName.set(key, [...(byName.get(key) ?? []), file]);
  }
  const matches = new Map(items.map((item) => [item.id, filesOf(item, byName)]));
  const used = new Set([...matches.values()].flat());
  if (used.size === 0) {
    throw new RewardEditError(
      'bad-input',
      `none of the ${files.length} pictures here has the name of an item`,
      {
        where: path,
        hint: `name them by the items' ids, such as ${items[0].fileNames[0]}.png`,
      },
    );
  }
  return {
    config: { edits: resolve(path) },
    mayChange: true,
    batchSize: 8,
    edit: (tasks) => Promise.all(tasks.map(({ item }) => readEdit(path, matches.get(item.id) ?? []))),
    extra: files.filter((file) => !used.has(file)),
  };
}

async function readEdit(folder: string, files: readonly string[]): Promise<EditOfItem> {
  if (files.length === 0) return { missing: 'there is no picture with this name' };
  if (files.length > 1) return { missing: `several pictures have this name: ${files.join(', ')}` };
  try {
    return { bytes: await readPictureFile(join(folder, files[0])) };
  } catch (error) {
    if (error instanceof RewardEditError && error.code === 'bad-input') return { missing: error.message };
    throw error;
  }
}

function filesOf(item: BenchmarkItem, byName: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const names = new Set(item.fileNames.map(normalName));
  return [...names].flatMap((name) => byName.get(name) ?? []);
}

/** Returns the paths of all pictures below a folder, relative to it, with `/`, sorted; without the previews of a run. */
async function picturesBelow(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    const isRun = existsSync(join(path, EVENTS_FILE));
    return entries
      .filter((entry) => entry.isFile() && PICTURE.test(entry.name) && !entry.name.startsWith('._'))
      .map((entry) => join(entry.parentPath, entry.name).slice(join(path, '/').length).replaceAll('\\', '/'))
      .filter((file) => !(isRun && file.startsWith(`${PREVIEWS_FOLDER}/`)))
      .toSorted();
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the folder of edits', path });
  }
}

function withoutEnding(file: string): string {
  return file.slice(0, file.length - extname(file).length);
}

function normalName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
