import { readFile, stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { RewardEditError, isMissing } from '@rewardedit/core';
import { compressJpeg, pictureFormat, readPicture, thumbnailJpeg } from '@rewardedit/data';

/** The pictures of a report, without duplicates. */
export interface PictureTable {
  /** Adds the picture of a file; resolves to its index. */
  add(path: string): Promise<number>;
  /** The address of each picture; null for one that is not embedded. */
  addresses(): readonly (string | null)[];
  /** How many did not fit or could not be read. */
  left(): number;
}

/** Pictures that stay where they are: relative addresses from the report's folder. */
export function linkedPictures(reportFolder: string): PictureTable {
  return pictureTable(async (path) => {
    const steps = relative(reportFolder, path).split(sep);
    // File names may contain characters that are special in an address, such as # and %.
    return steps.map((step) => (step === '..' ? step : encodeURIComponent(step))).join('/');
  });
}

/** Shorter side of embedded pictures; larger ones are shrunk. */
const EMBEDDED_SIDE = 384;
/** Smaller files, in bytes, are embedded unchanged if browsers support their format. */
const SMALL_FILE = 32 * 1024;

/** Pictures embedded in the page, in the order in which they are added, up to `limit` bytes in total. */
export function embeddedPictures(limit: number): PictureTable {
  let size = 0;
  return pictureTable(async (path) => {
    if (size >= limit) return null;
    const address = await dataAddress(path);
    if (address === null || size + address.length > limit) return null;
    size += address.length;
    return address;
  });
}

async function dataAddress(path: string): Promise<string | null> {
  try {
    if ((await stat(path)).size <= SMALL_FILE)
      return await dataAddressOf(await readFile(path), EMBEDDED_SIDE);
    const jpeg = await compressJpeg(await readPicture(path, { shorterSide: EMBEDDED_SIDE }));
    return jpegAddress(jpeg);
  } catch (error) {
    return cannotBeShown(error);
  }
}

/** Returns a picture as a data URI: unchanged if it is small and browsers support its format, else shrunk. Null if it cannot be shown. */
export async function dataAddressOf(bytes: Uint8Array, shorterSide: number): Promise<string | null> {
  try {
    const format = pictureFormat(bytes);
    if (bytes.length <= SMALL_FILE && format !== undefined && format.name !== 'tiff')
      return `data:${format.mediaType};base64,${Buffer.from(bytes).toString('base64')}`;
    return jpegAddress(await thumbnailJpeg(bytes, shorterSide));
  } catch (error) {
    return cannotBeShown(error);
  }
}

function jpegAddress(jpeg: Uint8Array): string {
  return `data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}`;
}

/** The page shows a notice instead of the picture. */
function cannotBeShown(error: unknown): null {
  if (isMissing(error) || (error instanceof RewardEditError && error.code === 'bad-input')) return null;
  throw error;
}

function pictureTable(addressOf: (path: string) => Promise<string | null>): PictureTable {
  const numbers = new Map<string, number>();
  const addresses: (string | null)[] = [];
  return {
    async add(path) {
      const known = numbers.get(path);
      if (known !== undefined) return known;
      const number = addresses.push(await addressOf(path)) - 1;
      numbers.set(path, number);
      return number;
    },
    addresses: () => addresses,
    left: () => addresses.filter((address) => address === null).length,
  };
}
