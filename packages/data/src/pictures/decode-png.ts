import { crc32, inflateSync } from 'node:zlib';
import { paethPrediction } from './paeth.ts';
import type { Picture } from './picture.ts';
import { PNG_SIGNATURE } from './png-chunks.ts';

const CHANNELS = 3;
// Length, type and data of the header chunk after the signature: 8 bits per channel, RGB, not interlaced.
const HEADER_START = Buffer.concat([Buffer.of(0, 0, 0, 13), Buffer.from('IHDR', 'latin1')]);
const PLAIN_RGB = Buffer.of(8, 2, 0, 0, 0);
/** Chunks that do not change how the picture looks. */
const TEXT_CHUNKS: readonly string[] = ['tEXt', 'zTXt', 'iTXt'];

/**
 * Decodes PNG files of the plain form that `encodePng` writes: 8-bit RGB, not interlaced, only texts besides the pixels. Returns undefined for
 * any other file, also a damaged one: a general decoder then reads it or reports what is wrong. Training reads tens of thousands of small
 * pictures, for which this is several times faster.
 */
export function decodePng(png: Buffer, maxPixels: number): Picture | undefined {
  if (!png.subarray(0, 8).equals(PNG_SIGNATURE) || !png.subarray(8, 16).equals(HEADER_START))
    return undefined;
  if (png.length < 33 || !png.subarray(24, 29).equals(PLAIN_RGB)) return undefined;
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  if (width === 0 || height === 0 || width * height > maxPixels) return undefined;
  const compressed = pixelData(png);
  if (compressed === undefined) return undefined;
  const stride = width * CHANNELS;
  const length = height * (stride + 1);
  let filtered: Buffer;
  try {
    filtered = inflateSync(compressed, { maxOutputLength: length });
  } catch {
    return undefined;
  }
  if (filtered.length !== length) return undefined;
  const data = new Uint8Array(height * stride);
  for (let row = 0; row < height; row++) {
    const start = row * (stride + 1);
    if (!unfilterRow(filtered[start], filtered.subarray(start + 1, start + 1 + stride), data, row * stride))
      return undefined;
  }
  return { width, height, data };
}

/** Returns the data of all IDAT chunks; undefined if the file has an unknown chunk or is damaged. */
function pixelData(png: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 8; at + 12 <= png.length;) {
    const end = at + 12 + png.readUInt32BE(at);
    if (end > png.length || png.readUInt32BE(end - 4) !== crc32(png.subarray(at + 4, end - 4)))
      return undefined;
    const type = png.toString('latin1', at + 4, at + 8);
    if (type === 'IEND') return Buffer.concat(parts);
    if (type === 'IDAT') parts.push(png.subarray(at + 8, end - 4));
    else if (!TEXT_CHUNKS.includes(type) && at > 8) return undefined;
    at = end;
  }
  return undefined;
}

/** Reverses the filter of one row (PNG specification, 9.2) into `data` at `start`. False for an unknown filter. */
function unfilterRow(filter: number, row: Uint8Array, data: Uint8Array, start: number): boolean {
  const stride = row.length;
  for (let i = 0; i < stride; i++) {
    const at = start + i;
    const left = i < CHANNELS ? 0 : data[at - CHANNELS];
    const above = start === 0 ? 0 : data[at - stride];
    switch (filter) {
      case 0:
        data[at] = row[i];
        break;
      case 1:
        data[at] = row[i] + left;
        break;
      case 2:
        data[at] = row[i] + above;
        break;
      case 3:
        data[at] = row[i] + ((left + above) >> 1);
        break;
      case 4:
        data[at] =
          row[i] +
          paethPrediction(left, above, i < CHANNELS || start === 0 ? 0 : data[at - stride - CHANNELS]);
        break;
      default:
        return false;
    }
  }
  return true;
}
