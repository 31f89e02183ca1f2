import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import { insideFolder } from '../../dataset/inside-folder.ts';
import { pictureFormat } from '../../pictures/picture-format.ts';
import type { ReadBytes } from '../rows/source-triplet.ts';

/** Larger files are refused before they are read. */
export const MAX_PICTURE_BYTES = 256 * 1024 * 1024;

/** How the pictures that a row names are found. */
export type PictureAccess = {
  /** Paths are relative to this folder, and may not lead out of it. */
  readonly folder: string;
  /** Gets a remote picture; throws 'bad-input' for a host that is not allowed. */
  readonly fetch: (url: string) => Promise<Uint8Array>;
};

/** So that a named pipe in the place of a picture is refused, not waited for. */
const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Shorter texts are taken as file names. */
const SHORTEST_BASE64 = 64;

/**
 * The picture in a cell: bytes; Hugging Face's struct of bytes and path; a text that is a path, a URL, a `data:` URI or
 * plain base64; or a list of one of these. Nothing is read before it is asked for; then 'bad-input' says what is wrong.
 */
export function pictureCell(value: unknown, column: string, where: string, access: PictureAccess): ReadBytes {
  return async () => {
    const picture: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
    const source = isStruct(picture) ? (picture.bytes ?? picture.path) : picture;
    if (source instanceof Uint8Array) return source;
    if (typeof source === 'string' && source !== '') return pictureText(source, where, access);
    throw new RewardEditError('bad-input', `there ${whatIsThere(source)} in the column ${column}`, { where });
  };
}

function whatIsThere(source: unknown): string {
  if (Array.isArray(source) && source.length > 0)
    return `is a list of ${source.length}, where one picture is needed,`;
  const isNothing = source === null || source === undefined || source === '' || Array.isArray(source);
  return isNothing ? 'is no picture' : 'is nothing that is a picture';
}

function isStruct(value: unknown): value is { bytes?: unknown; path?: unknown } {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  return Object.hasOwn(value, 'bytes') || Object.hasOwn(value, 'path');
}

function pictureText(text: string, where: string, access: PictureAccess): Promise<Uint8Array> | Uint8Array {
  if (/^https?:\/\//i.test(text)) return access.fetch(text);
  if (/^data:/i.test(text)) return dataUriBytes(text, where);
  return base64Picture(text) ?? readPictureFile(insideFolder(access.folder, text, where));
}

function dataUriBytes(uri: string, where: string): Uint8Array {
  const [head, data] = [uri.slice(0, uri.indexOf(',')), uri.slice(uri.indexOf(',') + 1)];
  if (!/^data:image\/[\w.+-]+;base64$/i.test(head) || !isBase64(data)) {
    throw new RewardEditError('bad-input', 'the data: URI is no picture in base64', { where });
  }
  return Buffer.from(data, 'base64');
}

/** A path may consist of the same letters, even begin as a JPEG does in base64: it counts if it decodes to a picture. */
function base64Picture(text: string): Uint8Array | undefined {
  if (
    text.length < SHORTEST_BASE64 ||
    pictureFormat(Buffer.from(text.slice(0, 24), 'base64')) === undefined
  ) {
    return undefined;
  }
  return isBase64(text) ? Buffer.from(text, 'base64') : undefined;
}

function isBase64(text: string): boolean {
  return /^[\w+/-]+={0,2}$/.test(text.replaceAll(/\s/g, ''));
}

/** The bytes of a file in a folder that the user named. Throws 'bad-input' where it is missing, no plain file, or too large. */
export async function readPictureFile(path: string): Promise<Uint8Array> {
  const problem = (message: string, cause?: unknown) =>
    new RewardEditError('bad-input', message, { where: path, cause });
  try {
    const file = await open(path, READ_AT_ONCE);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw problem('this is no file');
      if (stats.size > MAX_PICTURE_BYTES) throw problem('the file is too large for a picture');
      return await readAll(file, stats.size);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof RewardEditError) throw error;
    const explained = fromSystemError(error, { doing: 'read the picture', path });
    // One picture that is missing or may not be read is wrong with the data, and no reason to end work on all others.
    throw isAboutThisFile(error) ? problem(explained.message, error) : explained;
  }
}

/** `readFile` would ask for the size once more, which of small files is a good part of the time. */
async function readAll(file: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(bytes, filled, size - filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

function isAboutThisFile(error: unknown): boolean {
  const codes = [
    'ENOENT',
    'ENOTDIR',
    'EACCES',
    'EPERM',
    'ENAMETOOLONG',
    'EISDIR',
    'ELOOP',
    'ENXIO',
    'EINVAL',
  ];
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
