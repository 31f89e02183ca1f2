import { stat } from 'node:fs/promises';
import { useEffect, useState } from 'react';
import { readPicture, resizePicture, type Picture } from '@rewardedit/data';
import { pixelsFor } from './cells.ts';
import { reflow } from './reflow.ts';

/** Larger ones are not decoded for a screen. */
const MOST_PIXELS = 32_000_000;
/** Decoded pictures that are kept, for going back and forth. */
const KEPT = 64;

type Loaded = { readonly picture?: Picture; readonly trouble?: string };

const known = new Map<string, Promise<Loaded>>();
/** Those that are there already. */
const settled = new WeakMap<Promise<Loaded>, Loaded>();

/** Settles when all pictures that were asked for are there. */
export async function picturesLoading(): Promise<void> {
  await Promise.all(known.values());
}

/**
 * Decodes the first of some files that is there, in the size that a room of characters has; empty until that is done, with a reason where
 * none can be had. A sheet of pictures is set in columns (`reflow`).
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
    // Until the next is there the one before stands: a picture that denoises does not flicker.
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
    // It may be there the next time.
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
  if (picture === undefined) return { trouble: 'the picture is not there' };
  if (columns < 1 || rows < 1) return {};
  const whole = isSheet ? reflow(picture, columns, rows) : picture;
  return { picture: await resizePicture(whole, pixelsFor(whole, columns, rows)) };
}

/** The first of the files that is there, decoded. Throws 'bad-input' where it is no picture. */
export async function firstPicture(paths: readonly string[]): Promise<Picture | undefined> {
  for (const path of paths) {
    // What is no plain file, such as a pipe, might never end.
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isFile() === true) return readPicture(path, { maxPixels: MOST_PIXELS });
  }
  return undefined;
}
