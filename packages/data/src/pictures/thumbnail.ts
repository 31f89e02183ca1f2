import sharp from 'sharp';
import { RewardEditError } from '@rewardedit/core';
import { pictureFormat } from './picture-format.ts';
import { MAX_PIXELS } from './read-picture.ts';

/**
 * A JPEG of a picture file's bytes whose shorter side has at most so many pixels: turned as its EXIF orientation says, without metadata.
 * Throws 'bad-input' where the bytes are no picture that can be decoded.
 */
export async function thumbnailJpeg(bytes: Uint8Array, shorterSide: number): Promise<Uint8Array> {
  if (pictureFormat(bytes) === undefined)
    throw new RewardEditError('bad-input', 'this is no picture that can be read');
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
