import sharp from 'sharp';
import type { Picture } from './picture.ts';

/** Encodes the picture as a PNG file in another thread: for large pictures, where `encodePng` would block the process. */
export async function compressPng({ width, height, data }: Picture): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .png({ compressionLevel: 6 })
    .toBuffer();
}
