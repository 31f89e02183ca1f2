/** What the beginning of a PNG or JPEG file tells. */
export type PictureHeader = {
  readonly mediaType: 'image/png' | 'image/jpeg';
  readonly width: number;
  readonly height: number;
  /**
   * Whether every program shows the pixels as they are stored: 8 bits, grey or RGB, upright, opaque, a single frame, no
   * colour profile; and the file has its end.
   */
  readonly plain: boolean;
};

/** Reads the header of a PNG or JPEG file; undefined for any other format, and for a header that makes no sense. */
export function readPictureHeader(bytes: Uint8Array): PictureHeader | undefined {
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

function readPng(buffer: Buffer): PictureHeader | undefined {
  if (buffer.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  const [width, height] = [buffer.readUInt32BE(16), buffer.readUInt32BE(20)];
  const [depth, colourType] = [buffer[24], buffer[25]];
  let plain =
    depth <= 8 &&
    colourType < 4 &&
    buffer.toString('latin1', buffer.length - 8, buffer.length - 4) === 'IEND';
  for (let at = 8; plain;) {
    const type = buffer.toString('latin1', at + 4, at + 8);
    if (CHANGING_CHUNKS.has(type)) plain = false;
    if (type === 'IDAT') break;
    at += 12 + buffer.readUInt32BE(at);
  }
  return width > 0 && height > 0 ? { mediaType: 'image/png', width, height, plain } : undefined;
}

const [APP1, APP2, APP14, SOS] = [0xe1, 0xe2, 0xee, 0xda];

function readJpeg(buffer: Buffer): PictureHeader | undefined {
  let plain = buffer.readUInt16BE(buffer.length - 2) === 0xffd9;
  for (let at = 2; ;) {
    if (buffer[at] !== 0xff) return undefined;
    const marker = buffer[at + 1];
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === SOS) return undefined;
    const begins = (text: string) => buffer.toString('latin1', at + 4, at + 4 + text.length) === text;
    if (marker === APP1 && begins('Exif') && !isUpright(buffer, at + 10)) plain = false;
    if (marker === APP2 && begins('ICC_PROFILE')) plain = false;
    // Adobe's mark says how colours are stored where that is unusual.
    if (marker === APP14) plain = false;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      const [depth, components] = [buffer[at + 4], buffer[at + 9]];
      const [height, width] = [buffer.readUInt16BE(at + 5), buffer.readUInt16BE(at + 7)];
      // Baseline, extended and progressive files are what every program can show.
      plain &&= depth === 8 && (components === 1 || components === 3) && marker <= 0xc2;
      return width > 0 && height > 0 ? { mediaType: 'image/jpeg', width, height, plain } : undefined;
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
