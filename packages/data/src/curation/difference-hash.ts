import sharp from 'sharp';
import { RewardEditError } from '@rewardedit/core';
import { pictureFormat } from '../pictures/picture-format.ts';
import { MAX_PIXELS } from '../pictures/read-picture.ts';

/** 64 bits in two halves, which are faster than a bigint. */
export type DifferenceHash = { readonly high: number; readonly low: number };

const [COLUMNS, ROWS] = [8, 8];

/**
 * Computes the difference hash (dHash) of a picture: it is shrunk to 9 x 8 grey pixels, and a bit for each pair of neighbours in a row says
 * whether the right one is brighter. Copies in another size, format or quality differ in few bits. Throws 'bad-input' if the bytes are not a
 * picture.
 */
export async function differenceHash(bytes: Uint8Array): Promise<DifferenceHash> {
  if (pictureFormat(bytes) === undefined)
    throw new RewardEditError('bad-input', 'not a picture of a supported format');
  let grey: Buffer;
  try {
    grey = await sharp(bytes, { failOn: 'error', pages: 1, limitInputPixels: MAX_PIXELS })
      .autoOrient()
      .flatten({ background: '#ffffff' })
      .greyscale()
      .resize(COLUMNS + 1, ROWS, { fit: 'fill' })
      .raw()
      .toBuffer();
  } catch (cause) {
    throw new RewardEditError('bad-input', 'the picture is damaged and cannot be decoded', { cause });
  }
  const halves = [0, 0];
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      const at = row * (COLUMNS + 1) + column;
      const bit = grey[at + 1] > grey[at] ? 1 : 0;
      const half = row < ROWS / 2 ? 0 : 1;
      halves[half] = ((halves[half] << 1) | bit) >>> 0;
    }
  }
  return { high: halves[0], low: halves[1] };
}

/** Counts the bits in which two hashes differ. */
export function hammingDistance(a: DifferenceHash, b: DifferenceHash): number {
  return ones(a.high ^ b.high) + ones(a.low ^ b.low);
}

function ones(bits: number): number {
  let sum = bits - ((bits >>> 1) & 0x55555555);
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333);
  return (((sum + (sum >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
