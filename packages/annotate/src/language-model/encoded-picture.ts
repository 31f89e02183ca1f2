import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import {
  compressPng,
  readPicture,
  readPlainPicture,
  resizePicture,
  type PlainPicture,
} from '@rewardedit/data';

/** A picture as it is sent: a PNG or JPEG file. */
export type EncodedPicture = {
  readonly mediaType: 'image/png' | 'image/jpeg';
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly sha256: string;
};

/** Names the way in which pictures are prepared, for the records: changes whenever the bytes sent may change. */
export const PICTURE_PREPARATION = 'v1';

/** A file of more bytes than its pixels have, and these for what it says of itself, carries something that no judge is to be sent. */
const BYTES_BESIDE_PIXELS = 64 * 1024;
const BYTES_PER_PIXEL = 3;

/**
 * Reads a picture for a model. A plain PNG or JPEG (upright, opaque, no colour profile) that is small enough is sent as it is,
 * byte for byte: encoding it anew would add flaws that the model then finds. Any other is decoded as `readPicture` says,
 * made smaller so that no side has more than `maxSide` pixels, and sent as a PNG, which loses nothing.
 *
 * Throws 'bad-input' where the picture is missing, damaged or too large to decode.
 */
export async function encodePictureFile(path: string, maxSide: number): Promise<EncodedPicture> {
  const most = maxSide * maxSide * BYTES_PER_PIXEL + BYTES_BESIDE_PIXELS;
  const file = await readUpTo(path, most);
  const header = file && readPlainPicture(file);
  if (file !== undefined && header !== undefined && fits(file.length, header, maxSide)) {
    const { mediaType, width, height } = header;
    return { mediaType, bytes: file, width, height, sha256: sha256(file) };
  }
  // Also says what is wrong with a file that could not be read.
  const picture = await readPicture(path);
  const scale = Math.min(1, maxSide / Math.max(picture.width, picture.height));
  const [width, height] = [picture.width, picture.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  );
  const fitted = scale < 1 ? await resizePicture(picture, { width, height }) : picture;
  const bytes = await compressPng(fitted);
  return { mediaType: 'image/png', bytes, width, height, sha256: sha256(bytes) };
}

async function readUpTo(path: string, bytes: number): Promise<Buffer | undefined> {
  try {
    return (await stat(path)).size <= bytes ? await readFile(path) : undefined;
  } catch {
    return undefined;
  }
}

function fits(bytes: number, { width, height }: PlainPicture, maxSide: number): boolean {
  return (
    Math.max(width, height) <= maxSide && bytes <= width * height * BYTES_PER_PIXEL + BYTES_BESIDE_PIXELS
  );
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
