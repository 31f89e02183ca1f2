import sharp from 'sharp';
import type { Picture } from './picture.ts';

/** High enough that no flaw of it is seen; the colour of every pixel is kept, not of every fourth. */
export const JPEG_OPTIONS = { quality: 95, chromaSubsampling: '4:4:4' } as const;

/** A JPEG file of the picture, in sRGB and without any metadata. */
export async function compressJpeg({ width, height, data }: Picture): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .jpeg(JPEG_OPTIONS)
    .toBuffer();
}
