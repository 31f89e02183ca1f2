import sharp from 'sharp';
import type { Picture } from './picture.ts';

/** A PNG file of the picture, compressed in another thread: for large pictures, where `encodePng` would hold up everything else. */
export async function compressPng({ width, height, data }: Picture): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .png({ compressionLevel: 6 })
    .toBuffer();
}
