import { createHash } from 'node:crypto';

/** Which photos: all, those to train with, or those kept back to measure with. */
export const PHOTO_SPLITS = ['all', 'train', 'held-out'] as const;

export type PhotoSplit = (typeof PHOTO_SPLITS)[number];

const RANGE = 2 ** 32;

/**
 * Whether a photo belongs to the split. It goes by the file's name alone, so that photos that are added later move no other
 * from one side to the other.
 *
 * @param heldOutShare of all photos that is held out, from 0 to 1.
 */
export function isInSplit(name: string, split: PhotoSplit, heldOutShare: number): boolean {
  if (split === 'all') return true;
  const place = createHash('sha256').update(name).digest().readUInt32BE() / RANGE;
  return place < heldOutShare === (split === 'held-out');
}
