import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

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
  const zip = isFolder ? names.find((name) => name.endsWith('.zip')) : undefined;
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
