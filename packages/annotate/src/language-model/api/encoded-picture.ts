import { hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import {
  compressJpeg,
  compressPng,
  pictureFormat,
  readPicture,
  readPlainPicture,
  resizePicture,
  type Picture,
  type PlainPicture,
} from '@rewardedit/data';
import { limitAsync } from 'es-toolkit/promise';
import { readPictureFile, type ReadFile } from '../../files/read-file.ts';

/** A picture as it is sent: a PNG or JPEG file. */
export type EncodedPicture = {
  readonly mediaType: 'image/png' | 'image/jpeg';
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly sha256: string;
};

/** The version of the picture preparation, for the records. Changes whenever the bytes sent may change. */
export const PICTURE_PREPARATION = 'v2';

/** A file larger than its pixels plus so many bytes contains something other than a picture. */
const BYTES_BESIDE_PIXELS = 64 * 1024;
const BYTES_PER_PIXEL = 3;

/**
 * Reads a picture for a model. A plain PNG or JPEG (upright, opaque, sRGB) that is small enough is sent pixel for pixel, because encoding
 * it again would add flaws for the model to find, but without metadata such as place, time and camera. Any other picture is decoded by
 * `readPicture`, shrunk until no side exceeds `maxSide` pixels, and encoded: a JPEG as a JPEG of high quality, anything else as a PNG.
 *
 * Throws `bad-input` if the picture is missing, damaged or too large to decode.
 */
export async function encodePictureFile(
  path: string,
  maxSide: number,
  readFile: ReadFile = readPictureFile,
): Promise<EncodedPicture> {
  const file = await readFile(path).catch(() => undefined);
  const plain = file && readPlainPicture(file);
  if (plain !== undefined && fits(plain, maxSide)) return { ...plain, sha256: hash('sha256', plain.bytes) };
  return oneOfFew(async () => {
    // Also explains why a file could not be read.
    const picture = await fitted(await readPicture(path), maxSide);
    return encode(picture, (await isJpeg(path)) ? 'image/jpeg' : 'image/png');
  });
}

/** Pictures decoded at once. More would only wait for each other, and fill the memory. */
const oneOfFew = limitAsync(async (work: () => Promise<EncodedPicture>) => work(), 16);

/** The white gap between two pictures shown as one, in pixels. */
const GAP = 16;

/** Reads two pictures for a model that accepts one: side by side, shrunk to `maxSide`. Throws as `encodePictureFile` does. */
export async function encodePairFile(left: string, right: string, maxSide: number): Promise<EncodedPicture> {
  return oneOfFew(async () => {
    const pictures = await Promise.all([readPicture(left), readPicture(right)]);
    const areJpegs = await Promise.all([isJpeg(left), isJpeg(right)]);
    const pair = await fitted(sideBySide(pictures[0], pictures[1]), maxSide);
    return encode(pair, areJpegs.every(Boolean) ? 'image/jpeg' : 'image/png');
  });
}

/** The factor of the difference map: most differences that matter are small. */
const DIFFERENCE_GAIN = 4;

/**
 * Maps where two pictures differ: each pixel is gray, at four times the largest difference of its three channels. The second picture is
 * resized to the size of the first. Throws as `encodePictureFile` does.
 */
export async function encodeDifferenceFile(
  original: string,
  edited: string,
  maxSide: number,
): Promise<EncodedPicture> {
  return oneOfFew(async () => {
    const [first, second] = await Promise.all([readPicture(original), readPicture(edited)]);
    const { width, height } = first;
    const isSame = second.width === width && second.height === height;
    const map = differenceMap(first, isSame ? second : await resizePicture(second, { width, height }));
    return encode(await fitted(map, maxSide), 'image/png');
  });
}

function differenceMap({ width, height, data: a }: Picture, { data: b }: Picture): Picture {
  const data = new Uint8Array(a.length);
  for (let at = 0; at < a.length; at += BYTES_PER_PIXEL) {
    let most = 0;
    for (let channel = at; channel < at + BYTES_PER_PIXEL; channel++)
      most = Math.max(most, Math.abs(a[channel] - b[channel]));
    data.fill(Math.min(255, most * DIFFERENCE_GAIN), at, at + BYTES_PER_PIXEL);
  }
  return { width, height, data };
}

function sideBySide(left: Picture, right: Picture): Picture {
  const width = left.width + GAP + right.width;
  const height = Math.max(left.height, right.height);
  const data = new Uint8Array(width * height * BYTES_PER_PIXEL).fill(255);
  for (const [picture, start] of [
    [left, 0],
    [right, left.width + GAP],
  ] as const) {
    const row = picture.width * BYTES_PER_PIXEL;
    for (let y = 0; y < picture.height; y++)
      data.set(picture.data.subarray(y * row, (y + 1) * row), (y * width + start) * BYTES_PER_PIXEL);
  }
  return { width, height, data };
}

async function fitted(picture: Picture, maxSide: number): Promise<Picture> {
  const scale = maxSide / Math.max(picture.width, picture.height);
  if (scale >= 1) return picture;
  const [width, height] = [picture.width, picture.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  );
  return resizePicture(picture, { width, height });
}

async function encode(picture: Picture, mediaType: EncodedPicture['mediaType']): Promise<EncodedPicture> {
  const bytes = await (mediaType === 'image/jpeg' ? compressJpeg : compressPng)(picture);
  const { width, height } = picture;
  return { mediaType, bytes, width, height, sha256: hash('sha256', bytes) };
}

/** Looks at the first bytes, because file names may lie. */
async function isJpeg(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer } = await file.read({ buffer: Buffer.alloc(64), position: 0 });
  return pictureFormat(buffer)?.name === 'jpeg';
}

function fits({ bytes, width, height }: PlainPicture, maxSide: number): boolean {
  return (
    Math.max(width, height) <= maxSide &&
    bytes.length <= width * height * BYTES_PER_PIXEL + BYTES_BESIDE_PIXELS
  );
}
