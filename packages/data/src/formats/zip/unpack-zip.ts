import { createWriteStream, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { RewardEditError, fromSystemError, refuseOtherContents } from '@rewardedit/core';
import { formatBytes } from '@rewardedit/core/text';
import { fileBeginning } from '../file-beginning.ts';
import { openPromise, type Entry, type ZipFile } from 'yauzl';

/** The files of an archive, in a folder of their own. */
export type UnpackedZip = {
  /** Where the dataset is: the folder, or the only file or folder in it. */
  readonly path: string;
  /** The folder that stands for the archive. */
  readonly folder: string;
  /** Removes it. */
  close(): Promise<void>;
};

/** An archive that grows by more is none of pictures and tables: these have ratios of 1 to 20. */
const MOST_GROWTH = 100;
/** Small archives may grow as they like up to so many bytes. */
const SMALL = 64 * 1024 * 1024;

const LONGEST_NAME = 1024;

/** Unix's file type in the upper half of an entry's attributes, and that of a link. */
const [FILE_TYPE, LINK] = [0o170000, 0o120000];

/** What zip calls its ways of packing: not at all, and Deflate. */
const KNOWN_METHODS = [0, 8];

/** Folders that are removed when the process ends, however it does, unless they were before. */
const left = new Set<string>();
let isEndWatched = false;

/**
 * Unpacks a zip into a folder of the system's temporary one. All names and sizes are checked before anything is written.
 *
 * @throws RewardEditError 'bad-input' where it is no whole zip, is encrypted, holds links, names that lead out of it or come twice, or would grow to a
 * hundred times its size; 'failed' where there is no room for it.
 */
export async function unpackZip(path: string): Promise<UnpackedZip> {
  try {
    refuseOtherContents(await fileBeginning(path), path, 'file');
    await assertHarmless(path);
  } catch (error) {
    throw explained(error, path);
  }
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-zip-'));
  if (!isEndWatched) process.once('exit', removeLeft);
  isEndWatched = true;
  left.add(folder);
  const close = async () => {
    await rm(folder, { recursive: true, force: true });
    left.delete(folder);
  };
  try {
    await eachEntry(path, (entry, zip) => unpackEntry(entry, zip, path, folder));
    return { path: await onlyEntry(folder), folder, close };
  } catch (error) {
    await close();
    throw explained(error, path);
  }
}

function removeLeft(): void {
  for (const folder of left) rmSync(folder, { recursive: true, force: true });
}

/** Goes through the entries that hold something: neither folders nor what a Mac leaves. */
async function eachEntry(
  path: string,
  work: (entry: Entry, zip: ZipFile) => Promise<void> | void,
): Promise<void> {
  const zip = await openPromise(path);
  for await (const entry of zip.eachEntry()) {
    const { fileName } = entry;
    if (fileName.endsWith('/') || /(?:^|\/)(?:__MACOSX\/|\._|\.DS_Store$)/.test(fileName)) continue;
    await work(entry, zip);
  }
}

async function assertHarmless(path: string): Promise<void> {
  let [unpacked, entries] = [0, 0];
  const packed = (await stat(path)).size;
  await eachEntry(path, (entry) => {
    const where = `${path}, ${JSON.stringify(entry.fileName.slice(0, 200))}`;
    const refuse = (what: string, hint: string) => new RewardEditError('bad-input', what, { where, hint });
    entries += 1;
    unpacked += entry.uncompressedSize;
    if (((entry.externalFileAttributes >>> 16) & FILE_TYPE) === LINK)
      throw refuse('the zip holds a link, where only files are read', 'pack it anew: zip -r NEW.zip FOLDER');
    if (entry.fileName.length > LONGEST_NAME || entry.fileName.includes('\0'))
      throw refuse('the zip holds a name that no file can have', 'pack it anew with other names');
    if (entry.isEncrypted())
      throw refuse('the zip is encrypted', 'unpack it with its password first: unzip FILE.zip -d FOLDER');
    if (!KNOWN_METHODS.includes(entry.compressionMethod))
      throw refuse(
        `the zip is packed by method ${entry.compressionMethod}, which is not read`,
        'unpack it first: 7z x FILE.zip -oFOLDER',
      );
  });
  if (entries === 0) throw new RewardEditError('bad-input', 'the zip holds no files', { where: path });
  if (unpacked > SMALL && unpacked > packed * MOST_GROWTH)
    throw new RewardEditError(
      'bad-input',
      `the zip says that it unpacks to ${formatBytes(unpacked)}, more than ${MOST_GROWTH} times its size`,
      { where: path, hint: 'if that is right, unpack it first: unzip FILE.zip -d FOLDER' },
    );
  const { bavail, bsize } = await statfs(tmpdir());
  if (unpacked > bavail * bsize)
    throw new RewardEditError(
      'failed',
      `the zip unpacks to ${formatBytes(unpacked)}, and only ${formatBytes(bavail * bsize)} are free in ${tmpdir()}`,
      {
        where: path,
        hint: 'let TMPDIR name a folder of a larger disk, or unpack it first: unzip FILE.zip -d FOLDER',
      },
    );
}

async function unpackEntry(entry: Entry, zip: ZipFile, path: string, folder: string): Promise<void> {
  // The library refuses names that are absolute or lead upwards.
  const target = join(folder, entry.fileName);
  await mkdir(dirname(target), { recursive: true });
  let sum = 0;
  await pipeline(
    await zip.openReadStreamPromise(entry),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        sum = crc32(chunk, sum);
        yield chunk;
      }
    },
    createWriteStream(target, { flags: 'wx' }),
  );
  if (sum !== entry.crc32)
    throw new RewardEditError('bad-input', 'a file in the zip is damaged: its checksum is another', {
      where: `${path}, ${JSON.stringify(entry.fileName)}`,
      hint: 'get the zip anew',
    });
}

/** Goes into folders that hold nothing but one folder or file: archives are packed with the folder's name or without. */
async function onlyEntry(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  if (entries.length !== 1) return folder;
  const inner = join(folder, entries[0].name);
  return entries[0].isDirectory() ? onlyEntry(inner) : inner;
}

function explained(error: unknown, path: string): Error {
  if (error instanceof RewardEditError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (['EEXIST', 'ENOTDIR', 'EISDIR'].includes(code)) {
    return new RewardEditError('bad-input', 'the zip holds two things of the same name', {
      where: path,
      hint: 'pack it anew: zip -r NEW.zip FOLDER',
      cause: error,
    });
  }
  const known = fromSystemError(error, { doing: 'read the zip', path });
  if (known instanceof RewardEditError) return known;
  const { message } = known;
  const what = /^(?:absolute path|invalid relative path|invalid characters)/.test(message)
    ? `the zip holds a name that leads out of it (${message})`
    : `this is no whole zip file: ${message}`;
  return new RewardEditError('bad-input', what, { where: path, hint: 'get the zip anew', cause: error });
}
