import type { Picture } from '@rewardedit/data';

/** Differences up to this, of 255, do not count as changed. */
export const UNCHANGED = 2;

/** Returns a mask of the true edit: 1 for a pixel with a value that differs by more than 2 of 255, otherwise 0. */
export function changedRegion(original: Picture, truth: Picture): Uint8Array {
  const changed = new Uint8Array(original.width * original.height);
  for (let i = 0; i < original.data.length; i++) {
    if (Math.abs(original.data[i] - truth.data[i]) > UNCHANGED) changed[Math.floor(i / 3)] = 1;
  }
  return changed;
}
