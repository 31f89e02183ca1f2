import { writeFileAtomic } from '@rewardedit/core';
import { encodePng, type PngOptions } from './encode-png.ts';
import type { Picture } from './picture.ts';

/** Writes the picture as a PNG file, atomically. */
export async function writePng(path: string, picture: Picture, options: PngOptions = {}): Promise<void> {
  await writeFileAtomic(path, encodePng(picture, options));
}
