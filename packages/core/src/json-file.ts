import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { RewardEditError } from './errors.ts';
import { fromSystemError } from './system-errors.ts';

/** Name of a file in messages, such as "the ensemble", and a hint how to create it or what it contains. */
export type JsonFileName = { readonly what: string; readonly hint: string };

/** Reads a JSON file and validates it. Throws 'bad-input' naming the invalid field. */
export async function readJsonFile<T>(
  path: string,
  schema: z.ZodType<T>,
  { what, hint }: JsonFileName,
): Promise<T> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw fromSystemError(error, { doing: `read ${what}`, path });
    throw new RewardEditError('bad-input', `${what} is not valid JSON`, { where: path, hint, cause: error });
  }
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  const [{ path: field, message }] = error.issues;
  const place = field.length === 0 ? '' : `${field.map(String).join('.')}: `;
  throw new RewardEditError('bad-input', `${what} is invalid: ${place}${message}`, {
    where: path,
    hint,
    cause: error,
  });
}

/** Like `readJsonFile`; undefined if the file does not exist. */
export async function findJsonFile<T>(
  path: string,
  schema: z.ZodType<T>,
  name: JsonFileName,
): Promise<T | undefined> {
  return existsSync(path) ? readJsonFile(path, schema, name) : undefined;
}
