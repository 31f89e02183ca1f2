import { crc32, inflateSync } from 'node:zlib';
import { readFile } from 'node:fs/promises';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import { PNG_SIGNATURE } from './png-chunks.ts';

/** Longer decompressed texts are refused. */
const LONGEST_TEXT = 16 * 1024 * 1024;

/**
 * Reads the texts of a PNG file (tEXt, zTXt and iTXt chunks), by keyword. Throws 'bad-input' naming the file if it cannot be read, is not a
 * PNG, or has a chunk that is truncated or does not match its checksum.
 */
export async function readPngText(path: string): Promise<Record<string, string>> {
  const bad = (what: string, cause?: unknown) =>
    new RewardEditError('bad-input', what, { where: path, cause });
  let png: Buffer;
  try {
    png = await readFile(path);
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the picture', path });
  }
  if (!png.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE)) throw bad('this is not a PNG file');
  const texts = new Map<string, string>();
  for (let at = PNG_SIGNATURE.length; at < png.length;) {
    const end = at + 12 + (at + 8 <= png.length ? png.readUInt32BE(at) : 0);
    if (at + 12 > png.length || end > png.length) throw bad('this PNG file is cut off');
    const type = png.toString('latin1', at + 4, at + 8);
    if (type in TEXT_READERS) {
      if (png.readUInt32BE(end - 4) !== crc32(png.subarray(at + 4, end - 4)))
        throw bad(`a ${type} chunk is damaged`);
      try {
        const [keyword, text] = TEXT_READERS[type](png.subarray(at + 8, end - 4));
        texts.set(keyword, text);
      } catch (cause) {
        throw bad(`a ${type} chunk is damaged`, cause);
      }
    }
    if (type === 'IEND') return Object.fromEntries(texts);
    at = end;
  }
  throw bad('this PNG file is cut off');
}

/** Splits at the first `count` zero bytes; the last part is the rest. */
function splitAtZeros(data: Buffer, count: number): Buffer[] {
  const parts: Buffer[] = [];
  let rest = data;
  for (let i = 0; i < count; i++) {
    const zero = rest.indexOf(0);
    if (zero < 0) throw new RangeError('a text chunk ends too early');
    parts.push(rest.subarray(0, zero));
    rest = rest.subarray(zero + 1);
  }
  return [...parts, rest];
}

function inflateText(compressed: Buffer): Buffer {
  return inflateSync(compressed, { maxOutputLength: LONGEST_TEXT });
}

const TEXT_READERS: Readonly<Record<string, (data: Buffer) => [keyword: string, text: string]>> = {
  tEXt: (data) => {
    const [keyword, text] = splitAtZeros(data, 1);
    return [keyword.toString('latin1'), text.toString('latin1')];
  },
  zTXt: (data) => {
    const [keyword, rest] = splitAtZeros(data, 1);
    return [keyword.toString('latin1'), inflateText(rest.subarray(1)).toString('latin1')];
  },
  iTXt: (data) => {
    const [keyword, rest] = splitAtZeros(data, 1);
    const compressed = rest[0] === 1;
    const text = splitAtZeros(rest.subarray(2), 2)[2];
    return [keyword.toString('latin1'), (compressed ? inflateText(text) : text).toString('utf8')];
  },
};
