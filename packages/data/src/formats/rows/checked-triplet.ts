import sharp from 'sharp';
import { RewardEditError } from '@rewardedit/core';
import type { PictureFormat } from '../../pictures/picture-format.ts';
import { readPictureHeader } from '../../pictures/picture-header.ts';
import { MAX_PIXELS } from '../../pictures/read-picture.ts';
import { MAX_PICTURE_BYTES } from '../pictures/picture-bytes.ts';
import type { ReadBytes, SourceTriplet } from './source-triplet.ts';

/** A picture file whose header was read. */
export type CheckedPicture = {
  readonly bytes: Uint8Array;
  readonly format: PictureFormat;
  readonly width: number;
  readonly height: number;
};

/** A triplet with its pictures in memory. */
export type CheckedTriplet = Omit<SourceTriplet, 'pictures'> & {
  readonly pictures: {
    readonly original: CheckedPicture;
    readonly edited: CheckedPicture;
    readonly truth?: CheckedPicture;
  };
};

/**
 * Reads the pictures of a triplet and checks each one: its header, its size, and with `decode` every pixel. Throws 'bad-input' that names
 * the picture and the reason.
 */
export async function checkTriplet(triplet: SourceTriplet, { decode = false } = {}): Promise<CheckedTriplet> {
  const check = async (role: string, read: ReadBytes) => {
    try {
      return await checkPicture(await read(), decode);
    } catch (error) {
      if (!(error instanceof RewardEditError) || error.code !== 'bad-input') throw error;
      const { message, where, hint } = error;
      throw new RewardEditError('bad-input', `the ${role} picture: ${message}`, {
        where,
        hint,
        cause: error,
      });
    }
  };
  const { original, edited, truth } = triplet.pictures;
  const pictures = {
    original: await check('original', original),
    edited: await check('edited', edited),
    ...(truth !== undefined && { truth: await check('true', truth) }),
  };
  return { ...triplet, pictures };
}

/** Reads a picture's header. Throws 'bad-input' unless its format and size are accepted. */
export async function checkPicture(bytes: Uint8Array, decode = false): Promise<CheckedPicture> {
  if (bytes.length > MAX_PICTURE_BYTES)
    throw new RewardEditError(
      'bad-input',
      `it has ${bytes.length} bytes, more than the limit of ${MAX_PICTURE_BYTES}`,
    );
  const { format, width, height } = await readPictureHeader(bytes);
  if (width * height > MAX_PIXELS) {
    throw new RewardEditError(
      'bad-input',
      `it has ${width} x ${height} pixels, more than the limit of ${MAX_PIXELS}`,
    );
  }
  if (decode) await decodeWhole(bytes);
  return { bytes, format, width, height };
}

/** The JPEG decoder's warnings about missing data, as in a truncated picture with an end marker. Extra bytes do no harm. */
const MISSING_DATA = /premature end|Corrupt JPEG data: (?!\d+ extraneous)/;

async function decodeWhole(bytes: Uint8Array): Promise<void> {
  const decode = (failOn: 'warning' | 'error') =>
    sharp(bytes, { failOn, pages: 1, limitInputPixels: MAX_PIXELS }).raw().toBuffer();
  try {
    await decode('warning');
  } catch (warning) {
    const problem = MISSING_DATA.test(String(warning))
      ? warning
      : await decode('error').catch((error: unknown) => error);
    if (problem instanceof Error)
      throw new RewardEditError('bad-input', 'it is damaged and cannot be fully decoded', { cause: problem });
  }
}
