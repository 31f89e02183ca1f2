import { readFile } from 'node:fs/promises';
import { fromSystemError, isMissing, refuseOtherContents, RewardEditError } from '@rewardedit/core';
import type { z } from 'zod';

/**
 * The text of a file, without the byte order mark that Windows' editors put in front of it.
 *
 * @throws RewardEditError where the file cannot be read, or is something else, such as a pointer of Git LFS.
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

/** The text of a file, or undefined where there is none. */
export async function readOptionalText(path: string): Promise<string | undefined> {
  try {
    return await readText(path);
  } catch (error) {
    if (error instanceof Error && isMissing(error.cause)) return undefined;
    throw error;
  }
}

/**
 * The value of a text that should be JSON of a certain form.
 *
 * @throws RewardEditError 'bad-input' where it is not.
 */
export function parseJson<T>(text: string, path: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RewardEditError('bad-input', `the file is not JSON (${String(error)})`, {
      where: path,
      cause: error,
    });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path: keys, message }] = parsed.error.issues;
  const place = keys.length === 0 ? 'the file' : keys.join('.');
  throw new RewardEditError('bad-input', `the file is not as expected: ${place}: ${message}`, {
    where: path,
  });
}

/** @throws RewardEditError where the file cannot be read, or is not JSON of the schema's form. */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  return parseJson(await readText(path), path, schema);
}

/** JSON as diffusers writes it. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
