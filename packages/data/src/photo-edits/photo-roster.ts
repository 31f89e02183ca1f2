import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError, findJsonFile, writeFileAtomic } from '@rewardedit/core';
import { z } from 'zod';

const photoSchema = z.object({ name: z.string().min(1), bytes: z.int().nonnegative() });
const rosterSchema = z.object({ photos: z.array(photoSchema) });

/** The photos that a dataset was started with and their file sizes: the photo of a triplet depends on all names. */
export type PhotoRoster = readonly z.infer<typeof photoSchema>[];

const ROSTER_FILE = 'photos.json';

/** Reads the roster in a dataset folder; undefined if there is none. Throws 'bad-input' if it is damaged. */
export async function readRoster(folder: string): Promise<PhotoRoster | undefined> {
  const name = {
    what: 'the list of the photos of the dataset',
    hint: 'make the dataset again in another folder',
  };
  return (await findJsonFile(join(folder, ROSTER_FILE), rosterSchema, name))?.photos;
}

export async function writeRoster(folder: string, photos: PhotoRoster): Promise<void> {
  await writeFileAtomic(join(folder, ROSTER_FILE), `${JSON.stringify({ photos }, null, 1)}\n`);
}

/** A photo that is no longer in the folder has no size. */
export async function sizesOf(folder: string, names: readonly string[]): Promise<PhotoRoster> {
  const photos: { name: string; bytes: number }[] = [];
  for (const name of names) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found !== undefined) photos.push({ name, bytes: found.size });
  }
  return photos;
}

/**
 * Lists the photos that were removed since a dataset was started. The other photos keep their triplets, so a broken photo can be removed.
 *
 * Throws 'bad-input' naming photos that are new or have changed: existing triplets would then be of other photos.
 */
export function photosGone(begun: PhotoRoster, now: PhotoRoster, folder: string): readonly string[] {
  const before = new Map(begun.map(({ name, bytes }) => [name, bytes]));
  const present = new Set(now.map(({ name }) => name));
  const added = now.filter(({ name }) => !before.has(name));
  const changed = now.filter(({ name, bytes }) => before.has(name) && before.get(name) !== bytes);
  const problems = [
    ...(added.length === 0 ? [] : [`${listed(added)} ${added.length === 1 ? 'is' : 'are'} new`]),
    ...(changed.length === 0 ? [] : [`${listed(changed)} changed`]),
  ];
  if (problems.length > 0) {
    throw new RewardEditError(
      'bad-input',
      `the photos are others than those of the dataset: ${problems.join('; ')}`,
      {
        where: folder,
        hint: 'choose another folder for the dataset, or the photos and the split that it was started with',
      },
    );
  }
  return begun.flatMap(({ name }) => (present.has(name) ? [] : [name]));
}

const TOLD = 3;

function listed(photos: PhotoRoster): string {
  const more = photos.length > TOLD ? ` and ${photos.length - TOLD} more` : '';
  return `${photos
    .slice(0, TOLD)
    .map(({ name }) => name)
    .join(', ')}${more}`;
}
