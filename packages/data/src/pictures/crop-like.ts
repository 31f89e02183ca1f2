import type { PictureSize } from './picture.ts';
import type { CropBox } from './resize-picture.ts';

/** Shapes that differ by less are those of one picture whose sides were rounded. */
const SAME_SHAPE = 0.02;

/** Whether two pictures have the same proportions, but for rounding. */
export function haveSameShape(a: PictureSize, b: PictureSize): boolean {
  const ratio = (a.width * b.height) / (a.height * b.width);
  return Math.abs(Math.log(ratio)) < SAME_SHAPE;
}

/**
 * The part of a picture that shows what the largest centred part of `original` with the proportions of `target` shows, where the picture
 * is the whole original, squeezed. Undefined where both have the same shape, and cropping each in its centre gives that.
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
