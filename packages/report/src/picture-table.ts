import { readFile, stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { RewardEditError, isMissing } from '@rewardedit/core';
import { compressJpeg, pictureFormat, readPicture, thumbnailJpeg } from '@rewardedit/data';

/** The pictures of a report, each of them once. */
export interface PictureTable {
  /** Adds the picture of a file; gives its number. */
  add(path: string): Promise<number>;
  /** Where a page finds each of them; null for one that is not embedded. */
  addresses(): readonly (string | null)[];
  /** How many there was no room for, or that could not be read. */
  left(): number;
}

/** Pictures that stay where they are: addresses that lead from the report's folder to theirs. */
export function linkedPictures(reportFolder: string): PictureTable {
  return pictureTable(async (path) => {
    const steps = relative(reportFolder, path).split(sep);
    // A name may hold what means something in an address, such as # and %.
    return steps.map((step) => (step === '..' ? step : encodeURIComponent(step))).join('/');
  });
}

/** Sides of embedded pictures: larger ones are made smaller. */
const EMBEDDED_SIDE = 384;
/** A smaller file is embedded as it is, unless browsers do not know its format. */
const SMALL_FILE = 32 * 1024;

/** Pictures inside of the page, in the order in which they are added, until all of them would be larger than `limit` bytes. */
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

/** A picture as an address: as it is, where it is small and browsers know its format, else made smaller. Null where it cannot be shown. */
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

/** The page says of a picture that it cannot be shown. */
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
