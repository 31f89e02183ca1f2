import sharp from 'sharp';
import type { Picture, PictureSize } from './picture.ts';

/** A rectangle of whole pixels inside a picture. */
export type CropBox = {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
};

/** Crops the picture to `crop` (by default the largest centred part with the new proportions) and resizes it to `size` with a Lanczos kernel. */
export async function resizePicture(picture: Picture, size: PictureSize, crop?: CropBox): Promise<Picture> {
  const { width, height, data } = picture;
  const image = sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
  if (crop !== undefined) image.extract(crop);
  const resized = await image
    .resize({ ...size, fit: crop === undefined ? 'cover' : 'fill', position: 'centre', kernel: 'lanczos3' })
    .raw()
    .toBuffer();
  return { ...size, data: new Uint8Array(resized.buffer, resized.byteOffset, resized.length) };
}
