import { open } from 'node:fs/promises';
import sharp from 'sharp';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import { decodePng } from './decode-png.ts';
import { pictureFormat, whyNoPicture } from './picture-format.ts';
import { cropLike, haveSameShape } from './crop-like.ts';
import type { Picture, PictureSize } from './picture.ts';
import type { CropBox } from './resize-picture.ts';

/** Default limit on the pixels of a decoded picture: 64 million (192 MB as RGB). */
export const MAX_PIXELS = 64_000_000;

/** Files up to this size are read completely to see whether they are plain PNGs. */
const SMALL_FILE_BYTES = 64 * 1024;

const REPLACE = 'save it anew as a PNG or JPEG, or choose another';

const INPUT = { failOn: 'error', sequentialRead: true, pages: 1 } as const;

export type ReadPictureOptions = {
  /** Pictures with more pixels are refused from their header, before anything is decoded. */
  readonly maxPixels?: number;
  /** Part to read, after the EXIF orientation is applied. */
  readonly crop?: CropBox | undefined;
  /** Size to crop to the centre and resize to. */
  readonly fit?: PictureSize;
  /** With `fit`: change the proportions instead of cropping. */
  readonly stretch?: boolean;
  /**
   * With `fit`: crop as a picture of this size would be cropped, so that an edited picture of another shape shows the same part of the scene as
   * its original. This undoes the squeezing of editors with a fixed size.
   */
  readonly shownAs?: PictureSize;
  /** Shrink so that the shorter side has at most this many pixels; smaller pictures are not enlarged. */
  readonly shorterSide?: number;
};

/**
 * Reads a PNG, JPEG, WebP, TIFF, AVIF or GIF (first frame) file as 8-bit sRGB: rotated by its EXIF orientation, alpha flattened onto white,
 * CMYK, grey and 16-bit pictures converted.
 *
 * Throws 'bad-input' naming the file if it is missing, not a picture of these formats, too large, or damaged: a truncated file is an error,
 * not half a picture.
 */
export async function readPicture(path: string, options: ReadPictureOptions = {}): Promise<Picture> {
  const maxPixels = options.maxPixels ?? MAX_PIXELS;
  const small = await readSmallFile(path);
  const plain = small && decodePng(small, maxPixels);
  if (plain !== undefined && isAsAskedFor(plain, options)) return plain;
  await assertSize(path, maxPixels);
  try {
    const image = sharp(path, { ...INPUT, limitInputPixels: maxPixels })
      .autoOrient()
      .toColourspace('srgb')
      .flatten({ background: '#ffffff' });
    if (options.crop !== undefined) image.extract(options.crop);
    if (options.fit !== undefined) {
      const { fit, shownAs, stretch = false } = options;
      const box = shownAs && cropLike(await sizeOf(path), shownAs, fit);
      if (box !== undefined) image.extract(box);
      image.resize({
        ...fit,
        fit: box === undefined && !stretch ? 'cover' : 'fill',
        position: 'centre',
        kernel: 'lanczos3',
      });
    }
    if (options.shorterSide !== undefined) {
      const { shorterSide } = options;
      image.resize({ width: shorterSide, height: shorterSide, fit: 'outside', withoutEnlargement: true });
    }
    const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: asRgb(data, info.channels) };
  } catch (cause) {
    throw new RewardEditError('bad-input', 'the picture is damaged and cannot be decoded', {
      where: path,
      hint: REPLACE,
      cause,
    });
  }
}

/** Reads the size of a picture after its EXIF orientation is applied. Throws 'bad-input' as `readPicture` does. */
export async function readPictureSize(path: string): Promise<PictureSize> {
  const small = await readSmallFile(path);
  const plain = small && decodePng(small, MAX_PIXELS);
  if (plain !== undefined) return { width: plain.width, height: plain.height };
  await assertSize(path, MAX_PIXELS);
  return sizeOf(path);
}

async function sizeOf(path: string): Promise<PictureSize> {
  const { width, height } = (await sharp(path, INPUT).metadata()).autoOrient;
  return { width, height };
}

function isAsAskedFor(picture: Picture, { crop, fit, shownAs, shorterSide }: ReadPictureOptions): boolean {
  const { width, height } = picture;
  if (crop !== undefined) return false;
  if (shownAs !== undefined && !haveSameShape(picture, shownAs)) return false;
  if (fit !== undefined && (fit.width !== width || fit.height !== height)) return false;
  return shorterSide === undefined || Math.min(width, height) <= shorterSide;
}

/** Checks the first bytes of the file. Resolves to all of it if it is small. */
async function readSmallFile(path: string): Promise<Buffer | undefined> {
  let start: Buffer;
  let size: number;
  try {
    const file = await open(path);
    try {
      ({ size } = await file.stat());
      start = Buffer.alloc(Math.min(size, SMALL_FILE_BYTES));
      await file.read(start, 0, start.length, 0);
    } finally {
      await file.close();
    }
  } catch (error) {
    const explained = fromSystemError(error, { doing: 'read the picture', path });
    // A picture that may not be read is a problem of the data, not a reason to stop.
    if (isDenied(error) && explained instanceof RewardEditError) {
      const { message, hint, where } = explained;
      throw new RewardEditError('bad-input', message, { where, hint, cause: error });
    }
    throw explained;
  }
  if (pictureFormat(start) === undefined) {
    throw new RewardEditError('bad-input', whyNoPicture(start), {
      where: path,
      hint: REPLACE,
    });
  }
  return size <= SMALL_FILE_BYTES ? start : undefined;
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
}

/** Checks the size before decoding, to report the actual size. */
async function assertSize(path: string, maxPixels: number): Promise<void> {
  let size: PictureSize;
  try {
    const { width, height } = await sharp(path, { ...INPUT, limitInputPixels: false }).metadata();
    size = { width, height };
  } catch (cause) {
    throw new RewardEditError('bad-input', 'the picture cannot be decoded', {
      where: path,
      hint: REPLACE,
      cause,
    });
  }
  if (size.width * size.height > maxPixels) {
    const message = `the picture has ${size.width} x ${size.height} pixels, more than the limit of ${maxPixels}`;
    throw new RewardEditError('bad-input', message, { where: path, hint: 'shrink it first' });
  }
}

function asRgb(data: Buffer, channels: number): Uint8Array {
  if (channels === 3) return new Uint8Array(data.buffer, data.byteOffset, data.length);
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let i = 0; i < rgb.length; i++) rgb[i] = data[Math.floor(i / 3) * channels];
  return rgb;
}
