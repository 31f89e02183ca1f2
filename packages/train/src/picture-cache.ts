import { readPicture, readPictureSize, type Picture } from '@rewardedit/data';

/** Decoded pictures are kept up to this many bytes, so that small datasets are decoded once and large ones never fill the memory. */
const CAPACITY = 256 * 2 ** 20;

/** A pair of pictures as the network sees them: the same part of the scene in both. */
export interface PicturePair {
  readonly source: Picture;
  readonly edited: Picture;
}

/**
 * Reads pairs of pictures cropped and resized to a square, and keeps those used most recently. The original is cropped in its centre; an
 * edited picture of another shape is cropped as if it were the whole original, squeezed.
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
