import { readFile } from 'node:fs/promises';
import { fromSystemError, isMissing, refuseOtherContents, RewardEditError } from '@rewardedit/core';
import type { z } from 'zod';

/**
 * Reads a text file and strips the byte order mark that editors on Windows add.
 *
 * @throws RewardEditError if the file cannot be read, or has other contents, such as a Git LFS pointer.
 */
export async function readText(path: string): Promise<string> {
  const bytes = await bytesOf(path);
  refuseOtherContents(bytes, path, 'text');
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}

async function bytesOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fromSystemError(error, { doing: 'read a file of the model', path });
  }
}

/** Reads a text file; undefined if it does not exist. */
export async function readOptionalText(path: string): Promise<string | undefined> {
  try {
    return await readText(path);
  } catch (error) {
    if (error instanceof Error && isMissing(error.cause)) return undefined;
    throw error;
  }
}

/**
 * Parses JSON and validates it with a schema.
 *
 * @throws RewardEditError 'bad-input' if it is not valid JSON or does not match.
 */
export function parseJson<T>(text: string, path: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RewardEditError('bad-input', `the file is not valid JSON (${String(error)})`, {
      where: path,
      cause: error,
    });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path: keys, message }] = parsed.error.issues;
  const place = keys.length === 0 ? 'the file' : keys.join('.');
  throw new RewardEditError('bad-input', `the file is invalid: ${place}: ${message}`, {
    where: path,
  });
}

/** Reads a JSON file and validates it. Throws RewardEditError if it cannot be read, is not valid JSON or does not match. */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return parseJson(await readText(path), path, schema);
}

/** Formats JSON as diffusers does. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
