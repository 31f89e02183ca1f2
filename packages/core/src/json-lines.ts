import { createReadStream } from 'node:fs';
import type { z } from 'zod';
import { RewardEditError } from './errors.ts';
import { refuseOtherContents } from './other-contents.ts';
import { parseLooseJsonBytes } from './parse-json.ts';
import { fromSystemError } from './system-errors.ts';

export type ReadJsonLinesOptions<T> = {
  /** Schema of every line. */
  readonly schema?: z.ZodType<T>;
  /** Whether a torn last line, as left by a killed writer, is an error (default) or ignored. */
  readonly tornLastLine?: 'error' | 'ignore';
};

export type JsonLine<T> = {
  readonly value: T;
  /** Line number in the file, from 1. */
  readonly line: number;
  /** Index among the lines with a value, from 0, as in `indexLines`. */
  readonly position: number;
};

/** Limit on the length of a line in bytes, so that a file in another format cannot fill the memory. */
const LONGEST_LINE = 64 * 1024 * 1024;
const NEWLINE = 0x0a;
const CORRECT_LINE = 'correct the line, or remove it';

/**
 * Reads a file with one JSON value per line, with one line in memory at a time. Blank lines are skipped. Throws 'bad-input' naming file and line if
 * a line is not valid JSON or does not match the schema. A last line without a newline is complete if it is valid JSON, otherwise torn.
 */
export async function* readJsonLines<T = unknown>(
  path: string,
  { schema, tornLastLine = 'error' }: ReadJsonLinesOptions<T> = {},
): AsyncGenerator<JsonLine<T>> {
  let [line, position] = [0, 0];
  for await (const { bytes, ended } of splitLines(path)) {
    line += 1;
    if (isBlank(bytes)) continue;
    const where = `${path}:${line}`;
    const json = parsed(bytes);
    if ('problem' in json) {
      if (line === 1) refuseOtherContents(bytes, path, 'text');
      if (!ended && tornLastLine === 'ignore') return;
      throw wrongLine(json.problem, where, ended);
    }
    yield { value: checked(json.value, schema, where), line, position };
    position += 1;
  }
}

function wrongLine(problem: unknown, where: string, ended: boolean): RewardEditError {
  // Decoding invalid UTF-8 throws a TypeError; a torn line may end within a character.
  if (ended && problem instanceof TypeError) {
    return new RewardEditError('bad-input', 'this line is not valid UTF-8', {
      where,
      hint: 'convert the file, for example from Latin-1: iconv -f LATIN1 -t UTF-8 FILE > NEW',
      cause: problem,
    });
  }
  const message = ended ? 'this line is not JSON' : 'the last line is incomplete';
  return new RewardEditError('bad-input', message, { where, hint: CORRECT_LINE, cause: problem });
}

function checked<T>(value: unknown, schema: z.ZodType<T> | undefined, where: string): T {
  // Without a schema, T is unknown unless the caller asserts a type.
  if (schema === undefined) return value as T;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  const field = path.length === 0 ? '' : `${path.map(String).join('.')}: `;
  throw new RewardEditError('bad-input', `this line is invalid: ${field}${message}`, {
    where,
    hint: CORRECT_LINE,
  });
}

/** Returns whether there is only JSON whitespace. */
export function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
}

function parsed(bytes: Uint8Array): { value: unknown } | { problem: unknown } {
  try {
    return { value: parseLooseJsonBytes(bytes) };
  } catch (problem) {
    return { problem };
  }
}

type Line = { readonly bytes: Uint8Array; /** Whether a newline follows. */ readonly ended: boolean };

async function* splitLines(path: string): AsyncGenerator<Line> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let ended = 0;
  const add = (part: Uint8Array) => {
    pending.push(part);
    pendingBytes += part.length;
  };
  try {
    const chunks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 256 * 1024 });
    for await (const chunk of chunks) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        add(chunk.subarray(start, end));
        yield { bytes: Buffer.concat(pending), ended: true };
        ended += 1;
        pending = [];
        pendingBytes = 0;
        start = end + 1;
      }
      if (start < chunk.length) add(chunk.subarray(start));
      if (pendingBytes > LONGEST_LINE) {
        throw new RewardEditError('bad-input', 'this line is longer than 64 MB', {
          where: `${path}:${ended + 1}`,
          hint: 'name a file with one JSON value per line',
        });
      }
    }
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the file', path });
  }
  if (pendingBytes > 0) yield { bytes: Buffer.concat(pending), ended: false };
}
