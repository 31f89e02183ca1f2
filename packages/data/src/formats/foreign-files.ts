import { readdirSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasEnding } from '../dataset/has-ending.ts';
import { listed } from '../dataset/listed.ts';
import type { FormatName } from './formats.ts';
import { NO_ROWS } from './json/row-files.ts';

/** Files that datasets come in but that are not read, by extension, and what to do about them. */
const FOREIGN: readonly { readonly ending: RegExp; readonly what: string; readonly remedy: string }[] = [
  {
    ending: /\.zip$/i,
    what: 'a zip archive inside another',
    remedy: 'unpack it first: unzip FILE.zip -d FOLDER',
  },
  { ending: /\.(?:7z|rar)$/i, what: 'an archive', remedy: 'unpack it first' },
  {
    ending: /\.(?:tar\.(?:zst|xz|bz2)|tzst|txz)$/i,
    what: 'a tar compressed with something else than gzip',
    remedy: 'unpack it first: tar -xf FILE -C FOLDER',
  },
  {
    ending: /\.part-?[a-z0-9]{2,3}$/i,
    what: 'one part of a split file',
    remedy: 'join the parts first: cat NAME.part-* > NAME',
  },
  {
    ending: /\.arrow$/i,
    what: "an Arrow file of Hugging Face's `datasets`",
    remedy: 'convert it to parquet first: load_from_disk(FOLDER).to_parquet("NAME.parquet")',
  },
  {
    ending: /\.(?:h5|hdf5|lmdb|mdb|tfrecord)$/i,
    what: 'a database of another library',
    remedy: 'convert its rows to parquet or JSON lines first',
  },
];

/** Names what a path of no known format is, if datasets come in such files, and what to do about it. */
export function foreignFile(path: string): { readonly what: string; readonly remedy: string } | undefined {
  const isFolder = statSync(path).isDirectory();
  const names = isFolder ? readdirSync(path).slice(0, 100).sort() : [path];
  const zip = isFolder ? names.find((name) => hasEnding(name, '.zip')) : undefined;
  if (zip !== undefined) {
    return {
      what: `there is no dataset in this folder except a zip archive (${zip})`,
      remedy: `if the archive is a dataset, name it: ${join(path, zip)}; if it holds the pictures of a dataset, unpack it beside that`,
    };
  }
  for (const name of names) {
    const found = FOREIGN.find(({ ending }) => ending.test(name));
    if (found !== undefined)
      return { what: `this is ${found.what} (${name}), which is not supported`, remedy: found.remedy };
  }
  return undefined;
}

/** Files with triplets that are not read as part of a folder of each format. */
const OTHER_KINDS: Readonly<Record<FormatName, RegExp>> = {
  // Other .jsonl files are views of the folder.
  imagefolder: /\.(?:parquet|tar|tgz|tar\.gz|zip)$/i,
  jsonl: /\.(?:csv|zip)$/i,
  'instruct-pix2pix': /\.(?:parquet|tar|tgz|tar\.gz|zip|jsonl|csv)$/i,
  parquet: /\.(?:tar|tgz|tar\.gz|zip|jsonl|csv)$/i,
  webdataset: /\.(?:zip|jsonl|csv)$/i,
  'rewardedit-20k': /^$/,
};

/** Lists the files of a folder that may hold triplets but are not read as part of a dataset of this format. */
export async function notReadBeside(folder: string, format: FormatName): Promise<readonly string[]> {
  const names = [folder, join(folder, 'data')].map((path) => readdir(path).catch(() => [] as string[]));
  const others = (await Promise.all(names))
    .flat()
    .filter((name) => !name.startsWith('.') && !NO_ROWS.has(name))
    .filter((name) => OTHER_KINDS[format].test(name) || FOREIGN.some(({ ending }) => ending.test(name)))
    .sort();
  return others.length === 0 ? [] : [`other files here are not read: ${listed(others)}`];
}
