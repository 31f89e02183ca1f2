import sharp from 'sharp';
import type { Picture } from './picture.ts';

/** No visible artefacts, and no chroma subsampling. */
export const JPEG_OPTIONS = { quality: 95, chromaSubsampling: '4:4:4' } as const;

/** Encodes the picture as a JPEG file in sRGB without metadata. */
export async function compressJpeg({ width, height, data }: Picture): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .jpeg(JPEG_OPTIONS)
    .toBuffer();
}
