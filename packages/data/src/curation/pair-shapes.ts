import { haveSameShape } from '../pictures/crop-like.ts';
import type { PictureSize } from '../pictures/picture.ts';

/** Number of pairs compared, of those with different sizes, and of those with different shapes. */
export type PairShapes = {
  readonly compared: number;
  readonly otherSize: number;
  readonly otherShape: number;
};

/** Counts pairs whose pictures differ in size or shape. */
export function createPairShapes() {
  let [compared, otherSize, otherShape] = [0, 0, 0];
  return {
    add(original: PictureSize, edited: PictureSize) {
      compared += 1;
      if (original.width !== edited.width || original.height !== edited.height) otherSize += 1;
      if (!haveSameShape(original, edited)) otherShape += 1;
    },
    summary: (): PairShapes => ({ compared, otherSize, otherShape }),
  };
}
