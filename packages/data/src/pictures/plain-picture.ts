import type { PictureSize } from './picture.ts';

/** The header of a picture that every program shows with the pixels that are stored. */
export type PlainPicture = PictureSize & { readonly mediaType: 'image/png' | 'image/jpeg' };

/**
 * The header of a plain PNG or JPEG file: 8 bits, grey or RGB, upright, opaque, a single frame, no colour profile, with its end
 * in place. Undefined for any other file, which has to be decoded to know what it shows.
 */
export function readPlainPicture(bytes: Uint8Array): PlainPicture | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    if (buffer.length > 32 && buffer.readUInt32BE(0) === 0x89504e47) return readPng(buffer);
    if (buffer.length > 4 && buffer.readUInt16BE(0) === 0xffd8) return readJpeg(buffer);
  } catch (error) {
    // A file that breaks off within its header reads past its end.
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}

/** Chunks that change how stored pixels are shown: transparency, colour profile, gamma, orientation, animation. */
const CHANGING_CHUNKS = new Set(['tRNS', 'iCCP', 'gAMA', 'cICP', 'eXIf', 'acTL']);

function readPng(buffer: Buffer): PlainPicture | undefined {
  const text = (from: number, to: number) => buffer.toString('latin1', from, to);
  const [width, height] = [buffer.readUInt32BE(16), buffer.readUInt32BE(20)];
  const [depth, colourType] = [buffer[24], buffer[25]];
  if (text(12, 16) !== 'IHDR' || depth > 8 || colourType >= 4 || width === 0 || height === 0)
    return undefined;
  if (text(buffer.length - 8, buffer.length - 4) !== 'IEND') return undefined;
  for (let at = 8; ; at += 12 + buffer.readUInt32BE(at)) {
    const type = text(at + 4, at + 8);
    if (CHANGING_CHUNKS.has(type)) return undefined;
    if (type === 'IDAT') return { mediaType: 'image/png', width, height };
  }
}

const [APP1, APP2, APP14, SOS] = [0xe1, 0xe2, 0xee, 0xda];

/** Frames of the types C0 to C2 (baseline, extended, progressive) are what every program can show. */
const LAST_COMMON_FRAME = 0xc2;

function readJpeg(buffer: Buffer): PlainPicture | undefined {
  if (buffer.readUInt16BE(buffer.length - 2) !== 0xffd9) return undefined;
  for (let at = 2; ;) {
    if (buffer[at] !== 0xff) return undefined;
    const marker = buffer[at + 1];
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const begins = (text: string) => buffer.toString('latin1', at + 4, at + 4 + text.length) === text;
    if (marker === APP1 && begins('Exif') && !isUpright(buffer, at + 10)) return undefined;
    if (marker === APP2 && begins('ICC_PROFILE')) return undefined;
    // Adobe's mark says how colours are stored where that is unusual.
    if (marker === APP14 || marker === SOS) return undefined;
    if (marker >= 0xc0 && marker <= LAST_COMMON_FRAME) {
      const [depth, components] = [buffer[at + 4], buffer[at + 9]];
      const [height, width] = [buffer.readUInt16BE(at + 5), buffer.readUInt16BE(at + 7)];
      const plain = depth === 8 && (components === 1 || components === 3) && width > 0 && height > 0;
      return plain ? { mediaType: 'image/jpeg', width, height } : undefined;
    }
    at += 2 + buffer.readUInt16BE(at + 2);
  }
}

const ORIENTATION_TAG = 0x0112;

/** Whether an EXIF block, whose TIFF header is at `start`, leaves the picture upright; not where it makes no sense. */
function isUpright(buffer: Buffer, start: number): boolean {
  const little = buffer.toString('latin1', start, start + 2) === 'II';
  const read16 = (at: number) => (little ? buffer.readUInt16LE(at) : buffer.readUInt16BE(at));
  const directory = start + (little ? buffer.readUInt32LE(start + 4) : buffer.readUInt32BE(start + 4));
  const entries = read16(directory);
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + entry * 12;
    if (read16(at) === ORIENTATION_TAG) return read16(at + 8) === 1;
  }
  return true;
}
