import { open } from 'node:fs/promises';
import sharp from 'sharp';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import { pictureFormat } from './picture-format.ts';
import { readPngText } from './read-png-text.ts';
import { readXmpTexts } from './xmp-texts.ts';

/**
 * Reads the texts embedded in a picture file, by keyword: in a PNG's text chunks, or in XMP as `encodePicture` writes them. Throws 'bad-input'
 * naming the file if it cannot be read or is not a picture.
 */
export async function readPictureTexts(path: string): Promise<Record<string, string>> {
  const format = pictureFormat(await beginning(path));
  if (format?.name === 'png') return readPngText(path);
  try {
    if (format === undefined) throw new Error('unknown format');
    const { xmp } = await sharp(path, { limitInputPixels: false }).metadata();
    return xmp === undefined ? {} : readXmpTexts(xmp.toString('utf8'));
  } catch (cause) {
    throw new RewardEditError('bad-input', 'not a picture, or damaged', { where: path, cause });
  }
}

async function beginning(path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const bytes = Buffer.alloc(16);
      await file.read(bytes, 0, bytes.length, 0);
      return bytes;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the picture', path });
  }
}
