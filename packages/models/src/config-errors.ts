import { RewardEditError } from '@rewardedit/core';
import { z } from 'zod';

/** An option of which only one value is built here. */
export function supportsOnly<const T extends string | number | boolean | null>(value: T, why?: string) {
  const error = `only ${JSON.stringify(value)} is supported${why ? ` (${why})` : ''}`;
  return z.literal(value, { error });
}

/** Levels of a network, or layers in a row: more than any that exists has, and few enough to be built. */
const MOST_LAYERS = 256;

/** How many layers or blocks there are. A configuration that lies must not build millions of them before the weights show it. */
export const depth = z.number().int().positive().max(MOST_LAYERS);

/** A list with an entry for each level. */
export function levels<T extends z.ZodType>(one: T) {
  return z.array(one).nonempty().max(MOST_LAYERS);
}

/**
 * Checks a configuration in the style of diffusers: keys that begin with `_` are notes of the library, and an unknown key that
 * is null asks for nothing; any other unknown key is refused.
 *
 * @throws RewardEditError 'bad-input' that names each key, its value and what is supported.
 */
export function parseConfig<T>(
  schema: z.ZodType<T> & { readonly shape: Readonly<Record<string, unknown>> },
  value: unknown,
  where: string,
  { unknownKeys = 'refuse' }: { unknownKeys?: 'refuse' | 'drop' } = {},
): T {
  const given = z.record(z.string(), z.unknown()).safeParse(value);
  if (!given.success) throw badConfig(where, ['it is not a JSON object']);
  const known: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [key, setting] of Object.entries(given.data)) {
    if (Object.hasOwn(schema.shape, key)) known[key] = setting;
    else if (unknownKeys === 'refuse' && !key.startsWith('_') && setting !== null)
      problems.push(`${key} is ${JSON.stringify(setting)}: this option is not supported`);
  }
  const parsed = schema.safeParse(known);
  if (!parsed.success) problems.push(...parsed.error.issues.map((issue) => describe(issue, known)));
  if (!parsed.success || problems.length > 0) throw badConfig(where, problems);
  return parsed.data;
}

function describe(issue: z.core.$ZodIssue, config: Readonly<Record<string, unknown>>): string {
  let found: unknown = config;
  for (const key of issue.path) found = (found as Record<PropertyKey, unknown> | undefined)?.[key];
  const key = issue.path.join('.');
  return found === undefined
    ? `${key}: ${issue.message}`
    : `${key} is ${JSON.stringify(found)}: ${issue.message}`;
}

function badConfig(where: string, problems: readonly string[]): RewardEditError {
  return new RewardEditError('bad-input', `the configuration cannot be used: ${problems.join('; ')}`, {
    where,
    hint: 'only networks that can be computed exactly are opened: correct the file, or choose another model',
  });
}
