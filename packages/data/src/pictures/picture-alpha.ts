import sharp from 'sharp';
import { MAX_PIXELS } from './read-picture.ts';
import type { PictureSize } from './picture.ts';
import type { CropBox } from './resize-picture.ts';

/** Opacity of each pixel of a picture, 0 to 255, row by row. */
export type Alpha = { readonly width: number; readonly height: number; readonly data: Uint8Array };

const OPAQUE = 255;

/**
 * Reads the alpha channel of a picture, rotated by its EXIF orientation as in `readPicture`; undefined if the picture, or the part `crop` of
 * it, is opaque.
 */
export async function readAlpha(path: string, crop?: CropBox): Promise<Alpha | undefined> {
  const image = sharp(path, { pages: 1, limitInputPixels: MAX_PIXELS });
  if (!(await image.metadata()).hasAlpha) return undefined;
  image.autoOrient().toColourspace('srgb');
  if (crop !== undefined) image.extract(crop);
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const alpha = new Uint8Array(width * height);
  for (let i = 0; i < alpha.length; i++) alpha[i] = data[(i + 1) * channels - 1];
  return alpha.every((value) => value === OPAQUE) ? undefined : { width, height, data: alpha };
}

/** Returns the colours that, with this alpha, look on white as the picture does. The colour of a fully transparent pixel does not matter. */
export function takenOffWhite(data: Uint8Array, alpha: Uint8Array): Uint8Array {
  const colours = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const opaque = alpha[Math.trunc(i / 3)] / OPAQUE;
    const value = opaque === 0 ? data[i] : 255 - (255 - data[i]) / opaque;
    colours[i] = Math.round(Math.min(255, Math.max(0, value)));
  }
  return colours;
}

/** Crops the alpha channel to the centre and resizes it, as `readPicture` does with `fit`. */
export async function resizeAlpha(alpha: Alpha, size: PictureSize): Promise<Alpha> {
  const { width, height, data } = alpha;
  if (width === size.width && height === size.height) return alpha;
  const resized = await sharp(data, { raw: { width, height, channels: 1 }, limitInputPixels: false })
    .resize({ ...size, fit: 'cover', position: 'centre', kernel: 'lanczos3' })
    .extractChannel(0)
    .raw()
    .toBuffer();
  return { ...size, data: new Uint8Array(resized.buffer, resized.byteOffset, resized.length) };
}
