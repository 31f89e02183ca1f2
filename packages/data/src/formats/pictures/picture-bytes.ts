import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import { insideFolder } from '../../dataset/inside-folder.ts';
import { pictureFormat } from '../../pictures/picture-format.ts';
import type { ReadBytes } from '../rows/source-triplet.ts';

/** Larger files are refused before they are read. */
export const MAX_PICTURE_BYTES = 256 * 1024 * 1024;

/** How the pictures named in a row are found. */
export type PictureAccess = {
  /** Folder that paths are relative to and may not lead out of. */
  readonly folder: string;
  /** Downloads a picture. Throws 'bad-input' if the host is not allowed. */
  readonly fetch: (url: string) => Promise<Uint8Array>;
};

/** Without blocking, so that a named pipe in place of a picture is refused instead of waited for. */
const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Shorter texts are file names. */
const SHORTEST_BASE64 = 64;

/**
 * Returns a reader of the picture in a cell: bytes; Hugging Face's struct of bytes and path; a text that is a path, a URL, a `data:` URI
 * or base64; or a list of one of these. The reader throws 'bad-input' if there is no such picture.
 */
export function pictureCell(value: unknown, column: string, where: string, access: PictureAccess): ReadBytes {
  return async () => {
    const source = contentOf(value);
    if (source instanceof Uint8Array) return source;
    if (typeof source === 'string' && source !== '') return pictureText(source, where, access);
    const found = Array.isArray(source) ? `a list of ${source.length}` : 'a value of another type';
    const what = isEmptyPicture(value) ? 'there is no picture' : `there is ${found} instead of a picture`;
    throw new RewardEditError('bad-input', `${what} in the column ${column}`, { where });
  };
}

/** Whether a cell that should hold a picture is empty. */
export function isEmptyPicture(value: unknown): boolean {
  const source = contentOf(value);
  return (source ?? '') === '' || (Array.isArray(source) && source.length === 0);
}

function contentOf(value: unknown): unknown {
  const picture: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  return isStruct(picture) ? (picture.bytes ?? picture.path) : picture;
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
    throw new RewardEditError('bad-input', 'the data: URI is not a picture in base64', { where });
  }
  return Buffer.from(data, 'base64');
}

/** A path can consist of base64's characters, so the text counts as base64 only if it decodes to a picture. */
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

/** Reads a picture file. Throws 'bad-input' if it is missing, not a regular file, or too large. */
export async function readPictureFile(path: string): Promise<Uint8Array> {
  const problem = (message: string, cause?: unknown) =>
    new RewardEditError('bad-input', message, { where: path, cause });
  try {
    const file = await open(path, READ_AT_ONCE);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw problem('not a regular file');
      if (stats.size > MAX_PICTURE_BYTES) throw problem('the file is too large for a picture');
      return await readAll(file, stats.size);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof RewardEditError) throw error;
    const explained = fromSystemError(error, { doing: 'read the picture', path });
    // A picture that is missing or unreadable is a problem of this row, not a reason to stop.
    throw isAboutThisFile(error) ? problem(explained.message, error) : explained;
  }
}

/** `readFile` would call fstat again, a good part of the time a small file takes. */
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
