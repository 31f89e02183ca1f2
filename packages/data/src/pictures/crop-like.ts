import type { PictureSize } from './picture.ts';
import type { CropBox } from './resize-picture.ts';

/** Shapes that differ by less count as the same: sides are rounded to whole pixels. */
const SAME_SHAPE = 0.02;

/** Whether two pictures have the same proportions, up to rounding. */
export function haveSameShape(a: PictureSize, b: PictureSize): boolean {
  const ratio = (a.width * b.height) / (a.height * b.width);
  return Math.abs(Math.log(ratio)) < SAME_SHAPE;
}

/**
 * Returns the part of a picture that shows the same as the largest centred part of `original` with the proportions of `target`, if the picture
 * is the whole original, squeezed. Undefined if both have the same shape: then a centred crop of each shows the same.
 */
export function cropLike(
  picture: PictureSize,
  original: PictureSize,
  target: PictureSize,
): CropBox | undefined {
  if (haveSameShape(picture, original)) return undefined;
  const scale = Math.min(original.width / target.width, original.height / target.height);
  const along = (length: number, whole: number, part: number) => {
    const size = Math.max(1, Math.round((length * part) / whole));
    return { size, start: Math.floor((length - size) / 2) };
  };
  const across = along(picture.width, original.width, target.width * scale);
  const down = along(picture.height, original.height, target.height * scale);
  return { left: across.start, top: down.start, width: across.size, height: down.size };
}
