import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { RewardEditError } from '@rewardedit/core';
import { pictureFormat, whyNoPicture, type PictureFormat } from './picture-format.ts';
import type { PictureSize } from './picture.ts';

const DAMAGED = 'it is damaged and cannot be decoded';

/**
 * Reads the format and the size of an encoded picture from its header. Throws 'bad-input' if the format is not accepted or the header is
 * damaged.
 *
 * Headers of PNGs and plain JPEGs, by far the most pictures, are read here, some hundred times faster than by setting up a decoder; others by
 * the decoder.
 */
export async function readPictureHeader(
  bytes: Uint8Array,
): Promise<PictureSize & { readonly format: PictureFormat }> {
  const format = pictureFormat(bytes);
  if (format === undefined) {
    throw new RewardEditError('bad-input', whyNoPicture(bytes));
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = {
    png: pngSize,
    jpeg: plainJpegSize,
    webp: otherSize,
    tiff: otherSize,
    gif: otherSize,
    avif: otherSize,
  }[format.name];
  const size = await read(view);
  if (size === undefined || size.width === 0 || size.height === 0)
    throw new RewardEditError('bad-input', DAMAGED);
  return { ...size, format };
}

/** The first chunk is the header: length, type, 13 bytes of which the first eight are the size, checksum of type and bytes. */
function pngSize(view: DataView): PictureSize | undefined {
  const [length, type, data, checksum] = [8, 12, 16, 29];
  if (view.byteLength < checksum + 4 || view.getUint32(length) !== 13) return undefined;
  const header = new Uint8Array(view.buffer, view.byteOffset + type, checksum - type);
  if (view.getUint32(type) !== 0x49484452 || crc32(header) !== view.getUint32(checksum)) return undefined;
  return { width: view.getUint32(data), height: view.getUint32(data + 4) };
}

/** The size is in the frame header: the first segment of the types C0 to CF except these three. */
const NO_FRAMES: readonly number[] = [0xc4, 0xc8, 0xcc];

async function plainJpegSize(view: DataView): Promise<PictureSize | undefined> {
  return jpegSize(view) ?? otherSize(view);
}

/**
 * Walks the segments: FF, type, length (which counts its own two bytes), data. Undefined if they are not contiguous, for instance with bytes
 * between them, which decoders skip.
 */
function jpegSize(view: DataView): PictureSize | undefined {
  for (let at = 2; at + 9 <= view.byteLength;) {
    const type = view.getUint8(at + 1);
    if (view.getUint8(at) !== 0xff) return undefined;
    if (type === 0xff) {
      // A fill byte.
      at += 1;
      continue;
    }
    const isFrame = type >= 0xc0 && type <= 0xcf && !NO_FRAMES.includes(type);
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    const length = view.getUint16(at + 2);
    // No frame header follows the start of a scan or the end of the picture.
    if (length < 2 || type === 0xda || type === 0xd9) return undefined;
    at += 2 + length;
  }
  return undefined;
}

async function otherSize(view: DataView): Promise<PictureSize | undefined> {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  try {
    const { width, height } = await sharp(bytes, {
      failOn: 'error',
      pages: 1,
      limitInputPixels: false,
    }).metadata();
    return { width, height };
  } catch (cause) {
    throw new RewardEditError('bad-input', DAMAGED, { cause });
  }
}
