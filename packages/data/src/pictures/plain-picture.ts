import { bareJpeg } from './bare-jpeg.ts';
import { isUpright } from './exif-orientation.ts';
import { pictureFormat } from './picture-format.ts';
import type { PictureSize } from './picture.ts';

/** A picture that every program shows exactly as stored. */
export type PlainPicture = PictureSize & {
  readonly mediaType: 'image/png' | 'image/jpeg';
  /** The file without anything that is not needed to show it. */
  readonly bytes: Buffer;
};

/**
 * Reads a plain PNG or JPEG file: 8 bits, grey or RGB, upright, opaque, a single frame, sRGB. Drops metadata, such as the place and the
 * camera. Undefined for any other file, which has to be decoded to know what it shows.
 */
export function readPlainPicture(bytes: Uint8Array): PlainPicture | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    const format = pictureFormat(buffer)?.name;
    if (format === 'png') return barePng(buffer);
    if (format === 'jpeg') return bareJpeg(buffer);
  } catch (error) {
    // A truncated file is read past its end.
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}

/** Chunks that change how the stored pixels are shown: transparency, colour profile, gamma, animation. */
const CHANGING_CHUNKS = new Set(['tRNS', 'iCCP', 'gAMA', 'cICP', 'acTL']);
/** Chunks that are needed to show the picture. */
const NEEDED_CHUNKS = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND']);
const SIGNATURE_BYTES = 8;

function barePng(buffer: Buffer): PlainPicture | undefined {
  const text = (from: number, to: number) => buffer.toString('latin1', from, to);
  const [width, height] = [buffer.readUInt32BE(16), buffer.readUInt32BE(20)];
  const [depth, colourType] = [buffer[24], buffer[25]];
  if (text(12, 16) !== 'IHDR' || depth > 8 || colourType >= 4 || width === 0 || height === 0)
    return undefined;
  const kept: Buffer[] = [buffer.subarray(0, SIGNATURE_BYTES)];
  for (let at = SIGNATURE_BYTES; ;) {
    const end = at + 12 + buffer.readUInt32BE(at);
    const type = text(at + 4, at + 8);
    if (end > buffer.length || CHANGING_CHUNKS.has(type)) return undefined;
    if (type === 'eXIf' && !isUpright(buffer.subarray(at + 8, end), 0)) return undefined;
    // An unknown critical chunk may change anything.
    const isCritical = /^[A-Z]/.test(type);
    if (isCritical && !NEEDED_CHUNKS.has(type)) return undefined;
    if (isCritical) kept.push(buffer.subarray(at, end));
    at = end;
    if (type !== 'IEND') continue;
    // Data after the end is not part of the picture.
    if (at !== buffer.length) return undefined;
    return { mediaType: 'image/png', width, height, bytes: Buffer.concat(kept) };
  }
}
