import { readFile, stat } from 'node:fs/promises';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import { encodePng, pictureFormat, readPicture } from '@rewardedit/data';

/** A picture as it is sent to a browser. */
export type ShownPicture = { readonly mediaType: string; readonly bytes: Buffer };

/** Larger files are sent re-encoded: the rest of such a file is not the picture. */
const LARGEST_FILE_BYTES = 64 * 1024 * 1024;

/**
 * Reads a picture for a browser: the file itself if every browser shows it as `readPicture` reads it, else the result of
 * `readPicture` as a PNG. So the page shows what judges and training see, and nothing that they reject. Throws 'bad-input' naming
 * the file if it cannot be read.
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

/** Reading a pipe would block forever. */
async function kindOf(path: string) {
  try {
    const found = await stat(path);
    return { isFile: found.isFile(), size: found.size };
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the picture', path });
  }
}

/**
 * The media type of a file that all browsers show the same way: no animation, and no orientation that some ignore. Undefined for
 * others.
 */
function plainMediaType(bytes: Buffer): string | undefined {
  const format = pictureFormat(bytes);
  const isPlain = {
    jpeg: () => true,
    // A first chunk of another type announces more than one picture, such as animation frames.
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
