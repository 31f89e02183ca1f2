import { readFile } from 'node:fs/promises';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import type { z } from 'zod';

/**
 * Reads the file that a judge such as `ensemble:FILE` names.
 *
 * @param what it is called in messages: "the ensemble".
 * @param hint how such a file looks, or comes about.
 * @throws RewardEditError 'bad-input' where it is not one.
 */
export async function readJudgeFile<T>(
  path: string,
  schema: z.ZodType<T>,
  { what, hint }: { readonly what: string; readonly hint: string },
): Promise<T> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw fromSystemError(error, { doing: `read ${what}`, path });
    throw new RewardEditError('bad-input', `${what} is not JSON`, { where: path, hint, cause: error });
  }
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  const [{ path: field, message }] = error.issues;
  const place = field.length === 0 ? '' : `${field.map(String).join('.')}: `;
  throw new RewardEditError('bad-input', `${what} is not as expected: ${place}${message}`, {
    where: path,
    hint,
    cause: error,
  });
}
