import type { Picture } from '@rewardedit/data';

/** Values of a pixel may differ by this much, of 255, without counting as changed. */
export const UNCHANGED = 2;

/** Where the true edit changes the picture: 1 for a pixel of which any value differs by more than 2 of 255, 0 for the others. */
export function changedRegion(original: Picture, truth: Picture): Uint8Array {
  const changed = new Uint8Array(original.width * original.height);
  for (let i = 0; i < original.data.length; i++) {
    if (Math.abs(original.data[i] - truth.data[i]) > UNCHANGED) changed[Math.floor(i / 3)] = 1;
  }
  return changed;
}
