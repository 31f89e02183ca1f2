import sharp from 'sharp';
import { RewardEditError } from '@rewardedit/core';
import { pictureFormat } from './picture-format.ts';
import { MAX_PIXELS } from './read-picture.ts';

/**
 * Makes a JPEG from the bytes of a picture file, with a limit on its shorter side in pixels, rotated by its EXIF orientation and without
 * metadata. Throws 'bad-input' if the bytes cannot be decoded as a picture.
 */
export async function thumbnailJpeg(bytes: Uint8Array, shorterSide: number): Promise<Uint8Array> {
  if (pictureFormat(bytes) === undefined)
    throw new RewardEditError('bad-input', 'not a picture of a supported format');
  try {
    return await sharp(bytes, { failOn: 'error', pages: 1, limitInputPixels: MAX_PIXELS })
      .autoOrient()
      .toColourspace('srgb')
      .flatten({ background: '#ffffff' })
      .resize({ width: shorterSide, height: shorterSide, fit: 'outside', withoutEnlargement: true })
      .jpeg({ quality: 85 })
      .toBuffer();
  } catch (cause) {
    throw new RewardEditError('bad-input', 'the picture is damaged and cannot be decoded', { cause });
  }
}
