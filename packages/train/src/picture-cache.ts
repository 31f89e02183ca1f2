import { readPicture, type Picture } from '@rewardedit/data';

/** Decoded pictures are kept up to this many bytes, so that small datasets are decoded once and large ones never fill the memory. */
const CAPACITY = 256 * 2 ** 20;

/** Reads pictures cropped and resized to a square, and keeps those used most recently. */
export function createPictureCache(size: number, capacity = CAPACITY): (path: string) => Promise<Picture> {
  const kept = new Map<string, Picture>();
  const most = Math.floor(capacity / (3 * size * size));
  return async (path) => {
    const found = kept.get(path);
    kept.delete(path);
    const picture = found ?? (await readPicture(path, { fit: { width: size, height: size } }));
    kept.set(path, picture);
    if (kept.size > most) kept.delete(kept.keys().next().value!);
    return picture;
  };
}
