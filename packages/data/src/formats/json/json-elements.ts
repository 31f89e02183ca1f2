import { createReadStream } from 'node:fs';
import { RewardEditError, fromSystemError, parseLooseJsonBytes, refuseOtherContents } from '@rewardedit/core';

/** An element of a JSON file's top-level array, or a member of its top-level object, with its `key`. */
export type JsonElement = { readonly key?: string; readonly value: unknown; readonly index: number };

/** Longer elements are refused, so that a file of another kind cannot fill the memory. */
const LONGEST_ELEMENT = 16 * 1024 * 1024;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);

/**
 * Reads a JSON file whose top-level value is an array or an object, one element in memory at a time. A repeated key is yielded each time.
 * Throws 'bad-input' if the file is damaged or holds another value.
 */
export async function* readJsonElements(path: string): AsyncGenerator<JsonElement> {
  let index = 0;
  for await (const { key, value } of splitElements(path)) {
    const where = `${path}, element ${index + 1}`;
    const name = key === undefined ? undefined : parse(key, where);
    if (name !== undefined && typeof name !== 'string') {
      throw new RewardEditError('bad-input', 'not valid JSON: a key is not a string', { where });
    }
    yield { ...(name !== undefined && { key: name }), value: parse(value, where), index };
    index += 1;
  }
}

type Piece = { readonly key?: Buffer; readonly value: Buffer };

/** Cuts the file at the commas between its top-level elements. The pieces are checked when they are parsed. */
async function* splitElements(path: string): AsyncGenerator<Piece> {
  const damaged = (message: string, hint = 'correct the file, or download it again') =>
    new RewardEditError('bad-input', message, { where: path, hint });
  let [depth, inString, escaped, isObject] = [0, false, false, false];
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let key: Buffer | undefined;
  let ended = false;
  let elements = 0;
  const take = (last: Buffer): Buffer => {
    const piece = Buffer.concat([...pending, last]);
    [pending, pendingBytes] = [[], 0];
    return piece;
  };
  const finish = (last: Buffer): Piece | undefined => {
    const value = take(last);
    const isLast = ended && key === undefined && isBlank(value);
    if (isLast && elements === 0) return undefined;
    if (isLast) throw damaged('there is a comma after the last element', 'remove that comma');
    if (isBlank(value) || (isObject && key === undefined)) throw damaged('not complete JSON');
    const piece = { value, ...(key !== undefined && { key }) };
    key = undefined;
    elements += 1;
    return piece;
  };
  try {
    const chunks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 256 * 1024 });
    for await (const chunk of chunks) {
      if (depth === 0 && elements === 0) refuseOtherContents(chunk, path, 'text');
      let start = 0;
      for (let at = 0; at < chunk.length; at++) {
        const byte = chunk[at];
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === BACKSLASH) escaped = true;
          else if (byte === QUOTE) inString = false;
        } else if (ended) {
          if (!isSpace(byte)) throw damaged('there is more after the end of the JSON');
        } else if (byte === QUOTE) {
          if (depth === 0) throw damaged('the file is neither an array nor an object');
          inString = true;
        } else if (OPEN.has(byte)) {
          depth += 1;
          if (depth === 1) [isObject, start] = [byte === 0x7b, at + 1];
        } else if (CLOSE.has(byte)) {
          depth -= 1;
          if (depth === 0) {
            if ((byte === 0x7d) !== isObject) throw damaged('not complete JSON');
            ended = true;
            const piece = finish(chunk.subarray(start, at));
            if (piece !== undefined) yield piece;
            start = chunk.length;
          }
        } else if (depth === 0 && !isSpace(byte) && !(elements === 0 && isMark(byte))) {
          throw damaged('the file is neither an array nor an object');
        } else if (depth === 1 && byte === COLON && isObject && key === undefined) {
          key = take(chunk.subarray(start, at));
          start = at + 1;
        } else if (depth === 1 && byte === COMMA) {
          const piece = finish(chunk.subarray(start, at));
          if (piece !== undefined) yield piece;
          start = at + 1;
        }
      }
      if (depth > 0 && start < chunk.length) {
        pending.push(chunk.subarray(start));
        pendingBytes += chunk.length - start;
        if (pendingBytes > LONGEST_ELEMENT) throw damaged('one element is larger than 16 MB');
      }
    }
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the file', path });
  }
  if (!ended) throw damaged('the file ends too early', 'download the file again');
}

function parse(bytes: Buffer, where: string): unknown {
  try {
    return parseLooseJsonBytes(bytes);
  } catch (cause) {
    // The decoder of UTF-8 throws a TypeError.
    const message = cause instanceof TypeError ? 'not UTF-8 text' : 'not valid JSON';
    throw new RewardEditError('bad-input', message, {
      where,
      hint: 'correct the file, or download it again',
      cause,
    });
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Whether a byte belongs to the byte order mark that some editors write. */
function isMark(byte: number): boolean {
  return byte === 0xef || byte === 0xbb || byte === 0xbf;
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every(isSpace);
}
