import { readdirSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasEnding } from '../dataset/has-ending.ts';
import type { FormatName } from './formats.ts';
import { NO_ROWS } from './json/row-files.ts';

/** What people have datasets in that are not read, by the ends of their names, and what to do about it. */
const FOREIGN: readonly { readonly ending: RegExp; readonly what: string; readonly remedy: string }[] = [
  {
    ending: /\.zip$/i,
    what: 'a zip archive in another',
    remedy: 'unpack it first: unzip FILE.zip -d FOLDER',
  },
  { ending: /\.(?:7z|rar)$/i, what: 'an archive of another sort', remedy: 'unpack it first' },
  {
    ending: /\.(?:tar\.(?:zst|xz|bz2)|tzst|txz)$/i,
    what: 'a tar that is packed otherwise than by gzip',
    remedy: 'unpack it first: tar -xf FILE -C FOLDER',
  },
  {
    ending: /\.part-?[a-z0-9]{2,3}$/i,
    what: 'a piece of a file that was cut up',
    remedy: 'put the pieces together first: cat NAME.part-* > NAME',
  },
  {
    ending: /\.arrow$/i,
    what: "an Arrow file of Hugging Face's `datasets`",
    remedy: 'write it as parquet first: load_from_disk(FOLDER).to_parquet("NAME.parquet")',
  },
  {
    ending: /\.(?:h5|hdf5|lmdb|mdb|tfrecord)$/i,
    what: 'a store of another library',
    remedy: 'write its rows as parquet or JSON lines first',
  },
];

/** What a path is that no format recognises, where it is something that people have datasets in; with what to do about it. */
export function foreignFile(path: string): { readonly what: string; readonly remedy: string } | undefined {
  const isFolder = statSync(path).isDirectory();
  const names = isFolder ? readdirSync(path).slice(0, 100).sort() : [path];
  const zip = isFolder ? names.find((name) => hasEnding(name, '.zip')) : undefined;
  if (zip !== undefined) {
    return {
      what: `there is no dataset in this folder beside a zip archive (${zip})`,
      remedy: `if it is a dataset, name it: ${join(path, zip)}; if it holds the pictures of one, unpack it beside that`,
    };
  }
  for (const name of names) {
    const found = FOREIGN.find(({ ending }) => ending.test(name));
    if (found !== undefined)
      return { what: `this is ${found.what} (${name}), which is not read`, remedy: found.remedy };
  }
  return undefined;
}

/** What each format does not read of the kinds of files that hold triplets. */
const OTHER_KINDS: Readonly<Record<FormatName, RegExp>> = {
  // Other files of JSON lines are views of the folder.
  imagefolder: /\.(?:parquet|tar|tgz|tar\.gz|zip)$/i,
  jsonl: /\.(?:csv|zip)$/i,
  'instruct-pix2pix': /\.(?:parquet|tar|tgz|tar\.gz|zip|jsonl|csv)$/i,
  parquet: /\.(?:tar|tgz|tar\.gz|zip|jsonl|csv)$/i,
  webdataset: /\.(?:zip|jsonl|csv)$/i,
  'rewardedit-20k': /^$/,
};

/** So many names of files are told. */
const TOLD = 3;

/** Says which files of a folder may hold triplets as well and are not read, as it is read in one format. */
export async function notReadBeside(folder: string, format: FormatName): Promise<readonly string[]> {
  const names = [folder, join(folder, 'data')].map((path) => readdir(path).catch(() => [] as string[]));
  const others = (await Promise.all(names))
    .flat()
    .filter((name) => !name.startsWith('.') && !NO_ROWS.has(name))
    .filter((name) => OTHER_KINDS[format].test(name) || FOREIGN.some(({ ending }) => ending.test(name)))
    .sort();
  if (others.length === 0) return [];
  const more = others.length > TOLD ? ` and ${others.length - TOLD} more` : '';
  return [`not read, beside what was: ${others.slice(0, TOLD).join(', ')}${more}`];
}
