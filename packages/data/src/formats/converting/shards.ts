import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import { hasEnding } from '../../dataset/has-ending.ts';

/** One file of a dataset. */
export type Shard = {
  readonly path: string;
  /** Path below the dataset, without the extension. */
  readonly stem: string;
};

/**
 * Lists the files of a dataset: the file itself, or all files below the folder with one of these extensions, sorted by name. Hidden files
 * are skipped, because macOS leaves one beside each file. Throws 'bad-input' if there are none.
 */
export async function listShards(path: string, endings: readonly string[]): Promise<Shard[]> {
  const endingOf = (name: string) => endings.find((ending) => hasEnding(name, ending));
  let files: string[];
  try {
    if ((await stat(path)).isFile())
      return [{ path, stem: basename(path).slice(0, -(endingOf(path) ?? '').length || undefined) }];
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    files = entries
      .filter(({ name }) => !name.startsWith('.') && endingOf(name) !== undefined)
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the dataset', path });
  }
  if (files.length === 0)
    throw new RewardEditError('bad-input', `there are no ${endings.join(' or ')} files in this folder`, {
      where: path,
    });
  const stem = (file: string) =>
    relative(path, file)
      .slice(0, -(endingOf(file) ?? '').length)
      .replaceAll('\\', '/');
  return files.sort().map((file) => ({ path: file, stem: stem(file) }));
}

/** Whether a path is a file with one of these extensions, or a folder with such a file in it or in its folder `data`. */
export async function hasShards(path: string, endings: readonly string[]): Promise<boolean> {
  const isShard = (name: string) => !name.startsWith('.') && hasEnding(name, ...endings);
  if (isShard(basename(path))) return true;
  for (const folder of [path, join(path, 'data')]) {
    const names = await readdir(folder).catch(() => []);
    if (names.some(isShard)) return true;
  }
  return false;
}

/** A dataset file being written. */
export type ShardFile<Item> = {
  write(item: Item): Promise<void>;
  /** Bytes written so far. */
  size(): number;
  end(): Promise<void>;
  /** Closes an unfinished file. */
  abandon?(): Promise<void>;
};

const SHARD_BYTES = 500e6;

/** Whether a target is one file with this extension, or a folder of such files. */
export function holdsOf(target: string, ending: string): 'file' | 'folder' {
  return hasEnding(target, ending) ? 'file' : 'folder';
}

/**
 * Writes into `folder`: one file with the target's name, if it has this extension, else `train-00000`, ... of about 500 MB each, numbered
 * with so many `digits`.
 */
export function createShards<Item>(
  place: {
    readonly folder: string;
    readonly target: string;
    readonly ending: string;
    readonly digits: number;
  },
  open: (path: string) => ShardFile<Item>,
): Pick<Required<ShardFile<Item>>, 'write' | 'end' | 'abandon'> {
  const { folder, target, ending, digits } = place;
  const isFile = holdsOf(target, ending) === 'file';
  let [shards, current]: [number, ShardFile<Item> | undefined] = [0, undefined];
  const next = () => {
    const name = isFile ? basename(target) : `train-${String(shards).padStart(digits, '0')}${ending}`;
    shards += 1;
    return open(join(folder, name));
  };
  return {
    async write(item) {
      if (!isFile && current !== undefined && current.size() >= SHARD_BYTES) {
        await current.end();
        current = undefined;
      }
      current ??= next();
      await current.write(item);
    },
    async end() {
      // An empty dataset has one empty file.
      current ??= shards === 0 ? next() : undefined;
      await current?.end();
    },
    abandon: async () => current?.abandon?.(),
  };
}
