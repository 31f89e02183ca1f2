import { readdir } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { EDIT_KINDS, RewardEditError, type EditKind } from '@rewardedit/core';
import { insideFolder, readPictureFile } from '@rewardedit/data';
import { z } from 'zod';
import type { Benchmark, BenchmarkItem, UnusableItem } from './benchmark.ts';

/** Instructions by the photo's file name. */
const photosSchema = z.record(z.string(), z.array(z.string()).min(1));

/** Folders that may contain the photos, relative to the instruction file. */
const PICTURE_FOLDERS = ['.', 'images', 'imgs'];

/** `1. Local: Change ...`, or `1. Local Edit: ...`, as for two photos. */
const INSTRUCTION = /^\s*(\d+)\s*[.)]\s*([a-z]+)(?:\s+edit)?\s*:\s*(.+)$/is;

/** Whether a JSON document has Real-Edit's form: lists of instructions by photo name. */
export function isRealEdit(document: unknown): boolean {
  return photosSchema.safeParse(document).success;
}

/**
 * Opens the paper's benchmark (Gu et al., arXiv 2411.04713) in its published layout: a JSON file of instructions by photo, and
 * the photos beside it or in `images` or `imgs`. An item's id is `PHOTO-NUMBER`, such as `10-3`.
 *
 * @throws RewardEditError 'bad-input' if no folder has the photos.
 */
export async function realEditBenchmark(path: string, document: unknown): Promise<Benchmark> {
  const photos = photosSchema.parse(document);
  const folder = await pictureFolder(dirname(path), Object.keys(photos), path);
  const items: BenchmarkItem[] = [];
  const unusable: UnusableItem[] = [];
  for (const [photo, instructions] of Object.entries(photos)) {
    const stem = photo.slice(0, photo.length - extname(photo).length);
    for (const [position, text] of instructions.entries()) {
      const parsed = INSTRUCTION.exec(text);
      const number = parsed?.[1] ?? String(position + 1);
      const id = `${stem}-${number}`;
      if (parsed === null) {
        unusable.push({ id, unusable: `the instruction does not begin with "N. Kind:": ${text}` });
        continue;
      }
      items.push({
        id,
        instruction: parsed[3].trim(),
        kind: editKind(parsed[2]),
        original: async () => readPictureFile(insideFolder(folder, photo, path)),
        fileNames: [id, `${stem}_${number}`],
        where: `${path}, ${photo}`,
      });
    }
  }
  return { layout: 'Real-Edit', items, unusable };
}

export function editKind(name: string): EditKind | undefined {
  return EDIT_KINDS.find((kind) => kind === name.trim().toLowerCase());
}

async function pictureFolder(base: string, photos: readonly string[], path: string): Promise<string> {
  const found = await Promise.all(
    PICTURE_FOLDERS.map(async (name) => {
      const folder = join(base, name);
      const files = new Set(await readdir(folder).catch(() => []));
      return { folder, count: photos.filter((photo) => files.has(photo)).length };
    }),
  );
  const best = found.reduce((a, b) => (b.count > a.count ? b : a));
  if (best.count > 0) return best.folder;
  throw new RewardEditError('bad-input', `none of the ${photos.length} photos listed in the file exist`, {
    where: path,
    hint: `put them into ${join(base, 'images')}`,
  });
}
