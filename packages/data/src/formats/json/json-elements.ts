import { createReadStream } from 'node:fs';
import { RewardEditError, fromSystemError, parseLooseJsonBytes, refuseOtherContents } from '@rewardedit/core';

/** An element of a JSON file's outermost array or object; `key` is there where it is an object. */
export type JsonElement = { readonly key?: string; readonly value: unknown; readonly index: number };

/** Longer elements are refused, so that a file of another kind cannot fill the memory. */
const LONGEST_ELEMENT = 16 * 1024 * 1024;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);

/**
 * Reads a JSON file whose outermost value is an array or an object, one element in memory at a time; a key that occurs
 * twice comes twice. Throws 'bad-input' where it is damaged, or of another form.
 */
export async function* readJsonElements(path: string): AsyncGenerator<JsonElement> {
  let index = 0;
  for await (const { key, value } of splitElements(path)) {
    const where = `${path}, element ${index + 1}`;
    const name = key === undefined ? undefined : parse(key, where);
    if (name !== undefined && typeof name !== 'string') {
      throw new RewardEditError('bad-input', 'this is not JSON: a key is no text', { where });
    }
    yield { ...(name !== undefined && { key: name }), value: parse(value, where), index };
    index += 1;
  }
}

type Piece = { readonly key?: Buffer; readonly value: Buffer };

/** Cuts the file at the commas between its outermost elements. What the pieces hold is checked when they are parsed. */
async function* splitElements(path: string): AsyncGenerator<Piece> {
  const damaged = (message: string, hint = 'correct the file, or get it anew') =>
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
    if (isBlank(value) || (isObject && key === undefined)) throw damaged('the file is no whole JSON');
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
          if (!isSpace(byte)) throw damaged('there is something after the end of the JSON');
        } else if (byte === QUOTE) {
          if (depth === 0) throw damaged('the file is neither an array nor an object');
          inString = true;
        } else if (OPEN.has(byte)) {
          depth += 1;
          if (depth === 1) [isObject, start] = [byte === 0x7b, at + 1];
        } else if (CLOSE.has(byte)) {
          depth -= 1;
          if (depth === 0) {
            if ((byte === 0x7d) !== isObject) throw damaged('the file is no whole JSON');
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
        if (pendingBytes > LONGEST_ELEMENT) throw damaged('one element has more than 16 MB');
      }
    }
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the file', path });
  }
  if (!ended) throw damaged('the file breaks off', 'get the file anew: it may be cut off');
}

function parse(bytes: Buffer, where: string): unknown {
  try {
    return parseLooseJsonBytes(bytes);
  } catch (cause) {
    // What decodes bytes says so by a TypeError.
    const message = cause instanceof TypeError ? 'this is no text in UTF-8' : 'this is not JSON';
    throw new RewardEditError('bad-input', message, {
      where,
      hint: 'correct the file, or get it anew',
      cause,
    });
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The bytes of the mark that some editors put first. */
function isMark(byte: number): boolean {
  return byte === 0xef || byte === 0xbb || byte === 0xbf;
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every(isSpace);
}
