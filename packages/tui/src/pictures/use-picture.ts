import { stat } from 'node:fs/promises';
import { useEffect, useState } from 'react';
import { readPicture, resizePicture, type Picture } from '@rewardedit/data';
import { pixelsFor } from './cells.ts';
import { reflow } from './reflow.ts';

/** Larger files are not decoded for a screen. */
const MOST_PIXELS = 32_000_000;
/** The number of decoded pictures to keep, for going back and forth. */
const KEPT = 64;

type Loaded = { readonly picture?: Picture; readonly trouble?: string };

const known = new Map<string, Promise<Loaded>>();
/** Decoded pictures. */
const settled = new WeakMap<Promise<Loaded>, Loaded>();

/** Resolves when all requested pictures are decoded. */
export async function picturesLoading(): Promise<void> {
  await Promise.all(known.values());
}

/**
 * Decodes the first existing of some files, to fill a space of characters; empty until then, with a reason if there is none. A
 * sheet of pictures is set in columns (`reflow`).
 */
export function usePicture(
  paths: readonly string[],
  columns: number,
  rows: number,
  isSheet: boolean,
): Loaded {
  const key = JSON.stringify([columns, rows, isSheet, ...paths]);
  const [loaded, setLoaded] = useState<Loaded>(() => settledAt(key));
  useEffect(() => {
    let isWanted = true;
    // The previous picture stays until the next is decoded, so a denoising picture does not flicker.
    const show = async () => {
      const result = await load(key);
      if (isWanted) setLoaded(result);
    };
    void show();
    return () => {
      isWanted = false;
    };
  }, [key]);
  return loaded;
}

function settledAt(key: string): Loaded {
  const loading = known.get(key);
  return (loading && settled.get(loading)) ?? {};
}

function load(key: string): Promise<Loaded> {
  const earlier = known.get(key);
  if (earlier !== undefined) return earlier;
  const [columns, rows, isSheet, ...paths] = JSON.parse(key) as [number, number, boolean, ...string[]];
  const loading = decode(paths, columns, rows, isSheet).catch((error: unknown): Loaded => {
    // It may exist the next time.
    known.delete(key);
    return { trouble: error instanceof Error ? error.message : String(error) };
  });
  known.set(key, loading);
  void loading.then((result) => settled.set(loading, result));
  for (const oldest of known.keys()) {
    if (known.size <= KEPT) break;
    known.delete(oldest);
  }
  return loading;
}

async function decode(
  paths: readonly string[],
  columns: number,
  rows: number,
  isSheet: boolean,
): Promise<Loaded> {
  const picture = await firstPicture(paths);
  if (picture === undefined) return { trouble: 'the picture does not exist' };
  if (columns < 1 || rows < 1) return {};
  const whole = isSheet ? reflow(picture, columns, rows) : picture;
  return { picture: await resizePicture(whole, pixelsFor(whole, columns, rows)) };
}

/** Decodes the first existing file. Throws 'bad-input' if it is not a picture. */
export async function firstPicture(paths: readonly string[]): Promise<Picture | undefined> {
  for (const path of paths) {
    // Anything but a regular file, such as a pipe, might never end.
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isFile() === true) return readPicture(path, { maxPixels: MOST_PIXELS });
  }
  return undefined;
}
