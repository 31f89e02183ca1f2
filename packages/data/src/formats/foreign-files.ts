import { readdirSync, statSync } from 'node:fs';

/** What people have datasets in that are not read, by the ends of their names, and what to do about it. */
const FOREIGN: readonly { readonly ending: RegExp; readonly what: string; readonly remedy: string }[] = [
  { ending: /\.zip$/i, what: 'a zip archive', remedy: 'unpack it first: unzip FILE.zip -d FOLDER' },
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
  const names = statSync(path).isDirectory() ? readdirSync(path).slice(0, 100) : [path];
  for (const name of names) {
    const found = FOREIGN.find(({ ending }) => ending.test(name));
    if (found !== undefined) return { what: `${found.what} (${name})`, remedy: found.remedy };
  }
  return undefined;
}
