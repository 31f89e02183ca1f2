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
  /** Path of the dataset: the folder, or the only file or folder in it. */
  readonly path: string;
  /** Folder that the archive was unpacked to. */
  readonly folder: string;
  /** Removes the folder. */
  close(): Promise<void>;
};

/** Limit on the compression ratio: pictures and tables have 1 to 20. */
const MOST_GROWTH = 100;
/** Up to this many unpacked bytes, any ratio is accepted. */
const SMALL = 64 * 1024 * 1024;

const LONGEST_NAME = 1024;

/** Bits of the file type in the Unix mode of an entry, and their value for a link. */
const [FILE_TYPE, LINK] = [0o170000, 0o120000];

/** Compression methods that are read: stored and Deflate. */
const KNOWN_METHODS = [0, 8];

/** Folders to remove when the process exits. */
const left = new Set<string>();
let isEndWatched = false;

/**
 * Unpacks a zip archive into a temporary folder. All names and sizes are checked before anything is written.
 *
 * Throws 'bad-input' if the archive is incomplete or encrypted, contains links, names that lead out of it or repeat, or would grow to more
 * than a hundred times its size; 'failed' if the disk has no room for it.
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

/** Visits the entries that are files, except those that macOS adds. */
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
      throw refuse('the zip contains a link; only files are read', 'pack it again: zip -r NEW.zip FOLDER');
    if (entry.fileName.length > LONGEST_NAME || entry.fileName.includes('\0'))
      throw refuse('the zip contains an invalid file name', 'pack it again with other names');
    if (entry.isEncrypted())
      throw refuse('the zip is encrypted', 'unpack it with its password first: unzip FILE.zip -d FOLDER');
    if (!KNOWN_METHODS.includes(entry.compressionMethod))
      throw refuse(
        `the zip uses compression method ${entry.compressionMethod}, which is not supported`,
        'unpack it first: 7z x FILE.zip -oFOLDER',
      );
  });
  if (entries === 0) throw new RewardEditError('bad-input', 'the zip contains no files', { where: path });
  if (unpacked > SMALL && unpacked > packed * MOST_GROWTH)
    throw new RewardEditError(
      'bad-input',
      `the zip claims to unpack to ${formatBytes(unpacked)}, more than ${MOST_GROWTH} times its size`,
      { where: path, hint: 'if that is right, unpack it first: unzip FILE.zip -d FOLDER' },
    );
  const { bavail, bsize } = await statfs(tmpdir());
  if (unpacked > bavail * bsize)
    throw new RewardEditError(
      'failed',
      `the zip unpacks to ${formatBytes(unpacked)}, but only ${formatBytes(bavail * bsize)} are free in ${tmpdir()}`,
      {
        where: path,
        hint: 'set TMPDIR to a folder on a larger disk, or unpack it first: unzip FILE.zip -d FOLDER',
      },
    );
}

async function unpackEntry(entry: Entry, zip: ZipFile, path: string, folder: string): Promise<void> {
  // yauzl refuses absolute names and those with "..".
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
    throw new RewardEditError('bad-input', 'a file in the zip is damaged: its checksum does not match', {
      where: `${path}, ${JSON.stringify(entry.fileName)}`,
      hint: 'download the zip again',
    });
}

/** Descends into folders with a single entry, because archives are packed with or without their folder's name. */
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
    return new RewardEditError('bad-input', 'the zip contains two entries with the same name', {
      where: path,
      hint: 'pack it again: zip -r NEW.zip FOLDER',
      cause: error,
    });
  }
  const known = fromSystemError(error, { doing: 'read the zip', path });
  if (known instanceof RewardEditError) return known;
  const { message } = known;
  const what = /^(?:absolute path|invalid relative path|invalid characters)/.test(message)
    ? `the zip contains a name that leads out of it (${message})`
    : `not a complete zip file: ${message}`;
  return new RewardEditError('bad-input', what, {
    where: path,
    hint: 'download the zip again',
    cause: error,
  });
}
