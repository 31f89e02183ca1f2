import { createHash } from 'node:crypto';

/** The photos to use: all, those for training, or those held out for evaluation. */
export const PHOTO_SPLITS = ['all', 'train', 'held-out'] as const;

export type PhotoSplit = (typeof PHOTO_SPLITS)[number];

const RANGE = 2 ** 32;

/**
 * Whether a photo belongs to the split. This depends only on its file name, so that photos added later do not move others.
 *
 * @param heldOutShare share of the photos that is held out, from 0 to 1.
 */
export function isInSplit(name: string, split: PhotoSplit, heldOutShare: number): boolean {
  if (split === 'all') return true;
  const place = createHash('sha256').update(name).digest().readUInt32BE() / RANGE;
  return place < heldOutShare === (split === 'held-out');
}
