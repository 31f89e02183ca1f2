import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromSystemError, makeFolder } from '@rewardedit/core';

/** At three pictures each, 250 triplets stay under 1000 files per folder. */
const TRIPLETS_PER_FOLDER = 250;

/** An encoded picture, and the extension of its file. */
type PictureFile = { readonly bytes: Uint8Array; readonly extension: string };

/** Creates the folder for the pictures of triplet number `index`, if it is the first triplet there. */
export async function makePictureFolder(folder: string, index: number, isFirst: boolean): Promise<void> {
  if (isFirst || index % TRIPLETS_PER_FOLDER === 0) await makeFolder(join(folder, subfolderOf(index)));
}

/**
 * Writes the pictures of triplet number `index` and resolves to their names in the folder. Files are named after the number, because ids
 * come from elsewhere and may be anything.
 */
export async function writePictureFiles<Pictures extends Readonly<Record<string, PictureFile>>>(
  folder: string,
  index: number,
  pictures: Pictures,
): Promise<{ [Role in keyof Pictures]: string }> {
  const write = async (role: string, { bytes, extension }: PictureFile) => {
    const fileName = `${subfolderOf(index)}/${String(index).padStart(6, '0')}-${role}${extension}`;
    const path = join(folder, fileName);
    try {
      await writeFile(path, bytes);
    } catch (error) {
      throw fromSystemError(error, { doing: 'write the picture', path });
    }
    return [role, fileName] as const;
  };
  const names = await Promise.all(Object.entries(pictures).map(([role, picture]) => write(role, picture)));
  return Object.fromEntries(names) as { [Role in keyof Pictures]: string };
}

function subfolderOf(index: number): string {
  return `pictures/${String(Math.floor(index / TRIPLETS_PER_FOLDER)).padStart(3, '0')}`;
}
