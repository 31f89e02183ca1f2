import type { ComparedPictures, PictureSource } from '@rewardedit/pages/browser/comparison';
import { decodePicture } from '@rewardedit/pages/browser/decode-picture';
import { keepRecent } from '@rewardedit/pages/browser/recent';
import type { LoadedPicture } from '@rewardedit/pages/browser/view';
import type { PictureRole, RowDetails } from '../protocol.ts';
import { api } from './api.ts';

type Size = 'pictures' | 'thumbnails';

const PICTURES_KEPT = 24;
const THUMBNAILS_KEPT = 600;
/** A browser opens six connections to a server: some must stay free for the current row. */
const THUMBNAILS_AT_ONCE = 3;

const caches = {
  pictures: cacheOf('pictures', PICTURES_KEPT),
  thumbnails: cacheOf('thumbnails', THUMBNAILS_KEPT),
};

/** Loads a picture of a row; throws ProblemError if it cannot be read. */
export function loadPicture(row: number, role: PictureRole): Promise<LoadedPicture> {
  return load('pictures', row, role);
}

/** The pictures of a row, for the comparison. */
export function comparedPictures({ position, pictures }: RowDetails): ComparedPictures {
  const source = (title: string, role: PictureRole): PictureSource => ({
    title,
    load: () => loadPicture(position, role),
  });
  return {
    original: source('Original', 'original'),
    truth: pictures.truth === undefined ? undefined : source('True edit', 'truth'),
    edits: [source('Edited', 'edited')],
  };
}

let running = 0;
const waiting: (() => void)[] = [];

/** Loads the thumbnail of a row, after those requested before, unless it is no longer wanted by then. */
export async function loadThumbnail(
  row: number,
  role: PictureRole,
  isWanted: () => boolean,
): Promise<LoadedPicture | undefined> {
  if (running >= THUMBNAILS_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  running += 1;
  try {
    return isWanted() ? await load('thumbnails', row, role) : undefined;
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

async function load(size: Size, row: number, role: PictureRole): Promise<LoadedPicture> {
  const key = `${row}/${role}`;
  try {
    return await caches[size].get(key);
  } catch (error) {
    // It may have been repaired meanwhile.
    caches[size].forget(key);
    throw error;
  }
}

function cacheOf(size: Size, kept: number) {
  return keepRecent(
    kept,
    async (key): Promise<LoadedPicture> => {
      const [row, role] = key.split('/');
      return decodePicture(URL.createObjectURL(await api.picture(size, Number(row), role as PictureRole)));
    },
    (dropped) => {
      dropped.then(({ url }) => URL.revokeObjectURL(url)).catch(() => undefined);
    },
  );
}
