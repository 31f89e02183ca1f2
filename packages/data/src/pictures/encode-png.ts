import { deflateSync } from 'node:zlib';
import { paethPrediction } from './paeth.ts';
import type { Picture } from './picture.ts';
import { PNG_SIGNATURE, pngChunk, pngTextChunks } from './png-chunks.ts';

export type PngOptions = {
  /** Texts to embed, such as the settings that made the picture; `readPngText` reads them. */
  readonly text?: Readonly<Record<string, string>>;
};

const CHANNELS = 3;

/**
 * Encodes the picture as a PNG file (8-bit RGB). The same picture always gives the same bytes.
 *
 * Our own encoder, because datasets have tens of thousands of small pictures, for which it takes a fifth of the time of setting up a general
 * image pipeline.
 */
export function encodePng(picture: Picture, options: PngOptions = {}): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(picture.width, 0);
  header.writeUInt32BE(picture.height, 4);
  header[8] = 8; // bits a channel
  header[9] = 2; // RGB; compression, filter and interlace methods stay 0
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    ...pngTextChunks(options.text ?? {}),
    pngChunk('IDAT', deflateSync(filterRows(picture))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

const FILTERS = 5;

/**
 * Filters every row and puts the number of its filter in front (PNG specification, 9.2). The filter is the one with the smallest sum of
 * absolute differences from the prediction, as the specification suggests.
 */
function filterRows({ width, height, data }: Picture): Uint8Array {
  const stride = width * CHANNELS;
  const filtered = new Uint8Array(height * (stride + 1));
  const candidates = Array.from({ length: FILTERS }, () => new Uint8Array(stride));
  const [none, sub, up, average, paeth] = candidates;
  for (let row = 0; row < height; row++) {
    for (let i = 0; i < stride; i++) {
      const at = row * stride + i;
      const value = data[at];
      const left = i < CHANNELS ? 0 : data[at - CHANNELS];
      const above = row === 0 ? 0 : data[at - stride];
      const aboveLeft = i < CHANNELS || row === 0 ? 0 : data[at - stride - CHANNELS];
      none[i] = value;
      sub[i] = value - left;
      up[i] = value - above;
      average[i] = value - ((left + above) >> 1);
      paeth[i] = value - paethPrediction(left, above, aboveLeft);
    }
    const sums = candidates.map(sumOfDifferences);
    const best = sums.indexOf(Math.min(...sums));
    filtered[row * (stride + 1)] = best;
    filtered.set(candidates[best], row * (stride + 1) + 1);
  }
  return filtered;
}

/** Sums the absolute values of the bytes as signed numbers. */
function sumOfDifferences(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum += bytes[i] < 128 ? bytes[i] : 256 - bytes[i];
  return sum;
}
