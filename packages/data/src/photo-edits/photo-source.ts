import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError, createRandom, fromSystemError } from '@rewardedit/core';
import type { Picture } from '../pictures/picture.ts';
import { readPicture } from '../pictures/read-picture.ts';
import type { MaskMaker, MaskedPart } from './masks.ts';

/** A decoded photo and its masks. */
export type Photo = {
  readonly name: string;
  readonly picture: Picture;
  readonly masks?: Readonly<Partial<Record<MaskedPart, Picture>>>;
};

/** A folder of photos, decoded on demand. */
export type PhotoSource = {
  /** File names, sorted. */
  readonly names: readonly string[];
  /** Pictures in the folder whose formats are not supported. */
  readonly unread: readonly string[];
  /** Photos that could not be decoded so far, and the reasons. */
  readonly setAside: ReadonlyMap<string, string>;
  /**
   * Resolves to the photo for triplet number `index`. A photo that cannot be decoded is set aside, and the next one in order is used. Throws
   * 'bad-input' if no photo can be decoded.
   */
  photoFor(seed: number, index: number): Promise<Photo>;
};

const PHOTO_FILE = /\.(?:jpe?g|png|webp|tiff?|gif|avif)$/i;
/** Formats of cameras and phones that are not supported. */
const UNREAD_FILE = /\.(?:heic|heif|jxl|bmp|dng|cr[23]|nef|arw|orf|raf|rw2)$/i;
/** Number of consecutive triplets from the same photo. */
const TRIPLETS_IN_A_ROW = 4;
/** Bytes of decoded photos in the cache. */
const CACHE_BYTES = 256 * 1024 * 1024;

/**
 * Opens a folder of photos, without its subfolders. Each photo is read with a shorter side of at most four times `size`, so that squares of at
 * least half of that are always shrunk, never enlarged.
 *
 * Triplets use the photos in random order, four consecutive triplets from each, and all photos once before any is used again; photos that fit
 * into 256 MB are decoded once. `includes` chooses photos by name; `maskMakers` find parts of each photo once; `begun` are the names that a
 * dataset was started with, of which the missing ones are set aside. Throws 'bad-input' if there are no photos.
 */
export async function openPhotoSource(
  folder: string,
  size: number,
  includes: (name: string) => boolean = () => true,
  maskMakers: readonly MaskMaker[] = [],
  begun?: readonly string[],
): Promise<PhotoSource> {
  let entries: string[];
  try {
    entries = await readdir(folder);
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the folder of photos', path: folder });
  }
  // macOS leaves a hidden file beside each photo.
  const visible = entries.filter((name) => !name.startsWith('.')).sort();
  const photos = visible.filter((name) => PHOTO_FILE.test(name));
  const present = new Set(photos.filter(includes));
  const names = begun ?? [...present];
  if (names.length === 0 && photos.length > 0) {
    throw new RewardEditError(
      'bad-input',
      `none of the ${photos.length} photos in the folder is to be used`,
      {
        where: folder,
        hint: 'choose another split, or add photos',
      },
    );
  }
  if (names.length === 0) {
    throw new RewardEditError('bad-input', 'there are no photos in this folder', {
      where: folder,
      hint: 'photos are .jpg, .jpeg, .png, .webp, .tif, .tiff, .gif or .avif files directly in the folder',
    });
  }

  const decode = keepRecent(async (name): Promise<Photo> => {
    const picture = await readPicture(join(folder, name), { shorterSide: 4 * size });
    if (maskMakers.length === 0) return { name, picture };
    const masks: Partial<Record<MaskedPart, Picture>> = {};
    for (const { part, maskOf } of maskMakers) masks[part] = await maskOf(picture);
    return { name, picture, masks };
  }, CACHE_BYTES);
  const gone = names.filter((name) => !present.has(name));
  const setAside = new Map<string, string>(gone.map((name) => [name, 'the photo is gone']));
  const decodeOrSetAside = async (name: string): Promise<Photo | undefined> => {
    if (setAside.has(name)) return undefined;
    try {
      return await decode(name);
    } catch (error) {
      if (!(error instanceof RewardEditError) || error.code !== 'bad-input') throw error;
      setAside.set(name, error.message);
      return undefined;
    }
  };
  return {
    names,
    unread: visible.filter((name) => UNREAD_FILE.test(name)),
    setAside,
    async photoFor(seed, index) {
      const turn = Math.floor(index / TRIPLETS_IN_A_ROW);
      const round = Math.floor(turn / names.length);
      const order = createRandom(seed, 'photo-order', round).permutation(names.length);
      for (let skipped = 0; skipped < names.length; skipped++) {
        const photo = await decodeOrSetAside(names[order[(turn + skipped) % names.length]]);
        if (photo !== undefined) return photo;
      }
      throw new RewardEditError('bad-input', 'none of the photos can be decoded', {
        where: folder,
        hint: `the first one is ${names[0]}: ${setAside.get(names[0]) ?? ''}`,
      });
    },
  };
}

/** Caches decoded pictures up to `limit` bytes, least recently used out first. */
function keepRecent(decode: (name: string) => Promise<Photo>, limit: number) {
  const kept = new Map<string, Photo>();
  let bytes = 0;
  return async (name: string): Promise<Photo> => {
    let photo = kept.get(name);
    if (photo === undefined) {
      photo = await decode(name);
      bytes += bytesOf(photo);
    }
    // Moved to the end: a map keeps insertion order.
    kept.delete(name);
    kept.set(name, photo);
    for (const [oldest, one] of kept) {
      if (bytes <= limit || oldest === name) break;
      kept.delete(oldest);
      bytes -= bytesOf(one);
    }
    return photo;
  };
}

function bytesOf({ picture, masks = {} }: Photo): number {
  return Object.values(masks).reduce((sum, { data }) => sum + data.length, picture.data.length);
}
