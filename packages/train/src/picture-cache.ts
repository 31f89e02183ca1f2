import { readPicture, readPictureSize, type Picture } from '@rewardedit/data';

/** Limit on decoded pictures in bytes: small datasets are decoded once, large ones do not fill the memory. */
const CAPACITY = 256 * 2 ** 20;

/** A pair of pictures resized for the network, cropped to the same part of the scene. */
export interface PicturePair {
  readonly source: Picture;
  readonly edited: Picture;
}

/**
 * Creates a least recently used cache of picture pairs, cropped and resized to a square. The original is cropped at its centre; an edited picture
 * with other proportions is treated as the whole original, stretched.
 */
export function createPictureCache(
  size: number,
  capacity = CAPACITY,
): (paths: { readonly original: string; readonly edited: string }) => Promise<PicturePair> {
  const kept = new Map<string, PicturePair>();
  const most = Math.floor(capacity / (2 * 3 * size * size));
  return async (paths) => {
    const key = `${paths.original}\0${paths.edited}`;
    const found = kept.get(key);
    kept.delete(key);
    const pair = found ?? (await readPair(paths, size));
    kept.set(key, pair);
    if (kept.size > most) kept.delete(kept.keys().next().value!);
    return pair;
  };
}

async function readPair(
  { original, edited }: { readonly original: string; readonly edited: string },
  size: number,
): Promise<PicturePair> {
  const fit = { width: size, height: size };
  const [source, shownAs] = await Promise.all([readPicture(original, { fit }), readPictureSize(original)]);
  return { source, edited: await readPicture(edited, { fit, shownAs }) };
}
