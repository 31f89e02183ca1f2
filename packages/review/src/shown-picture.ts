import { readFile, stat } from 'node:fs/promises';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import { encodePng, pictureFormat, readPicture } from '@rewardedit/data';

/** A picture as a browser gets it. */
export type ShownPicture = { readonly mediaType: string; readonly bytes: Buffer };

/** Larger files are sent decoded: what lies behind the pixels in them is nobody's picture. */
const LARGEST_FILE_BYTES = 64 * 1024 * 1024;

/**
 * Reads a picture for a browser: the file as it is where every browser shows it as `readPicture` reads it, else what
 * `readPicture` made of it, as a PNG. So the page shows what judges and training see, and nothing that they refuse.
 * Throws 'bad-input' naming the file where it cannot be read.
 *
 * @param shorterSide shrinks it so that the shorter side has at most this many pixels.
 */
export async function shownPicture(path: string, shorterSide?: number): Promise<ShownPicture> {
  const { isFile, size } = await kindOf(path);
  if (!isFile) throw new RewardEditError('bad-input', 'this is not a file', { where: path });
  const picture = await readPicture(path, shorterSide === undefined ? {} : { shorterSide });
  if (shorterSide === undefined && size <= LARGEST_FILE_BYTES) {
    const bytes = await readFile(path);
    const mediaType = plainMediaType(bytes);
    if (mediaType !== undefined) return { mediaType, bytes };
  }
  return { mediaType: 'image/png', bytes: encodePng(picture) };
}

/** A pipe would keep its reader waiting for ever. */
async function kindOf(path: string) {
  try {
    const found = await stat(path);
    return { isFile: found.isFile(), size: found.size };
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the picture', path });
  }
}

/** The media type of a file that every browser shows alike: no animation, and turned only in the way that all of them know. */
function plainMediaType(bytes: Buffer): string | undefined {
  const format = pictureFormat(bytes);
  const isPlain = {
    jpeg: () => true,
    // A first chunk of another type says what is besides the picture, such as its other frames.
    webp: () => /^VP8[ L]/.test(bytes.toString('latin1', 12, 16)),
    png: () => !hasChunk(bytes, ['acTL', 'eXIf']),
    tiff: () => false,
    gif: () => false,
    avif: () => false,
  };
  return format !== undefined && isPlain[format.name]() ? format.mediaType : undefined;
}

/** Whether a PNG file has a chunk of one of these types. */
function hasChunk(png: Buffer, types: readonly string[]): boolean {
  for (let at = 8; at + 8 <= png.length; at += 12 + png.readUInt32BE(at))
    if (types.includes(png.toString('latin1', at + 4, at + 8))) return true;
  return false;
}
