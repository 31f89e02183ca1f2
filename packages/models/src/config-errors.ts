import { RewardEditError } from '@rewardedit/core';
import { z } from 'zod';

/** A setting that supports a single value. */
export function supportsOnly<const T extends string | number | boolean | null>(value: T, why?: string) {
  const error = `only ${JSON.stringify(value)} is supported${why ? ` (${why})` : ''}`;
  return z.literal(value, { error });
}

/** Limit on the levels of a network, and on consecutive layers: more than any real network has, few enough to build. */
const MOST_LAYERS = 256;

/** A number of layers or blocks. A hostile configuration must not make us build millions of them before its weights are checked. */
export const depth = z.number().int().positive().max(MOST_LAYERS);

/** A list with one entry per level. */
export function levels<T extends z.ZodType>(one: T) {
  return z.array(one).nonempty().max(MOST_LAYERS);
}

/**
 * Validates a configuration in the style of diffusers: keys that begin with `_` are ignored, and so are unknown keys that are null; other
 * unknown keys are refused.
 *
 * @throws RewardEditError 'bad-input' naming each invalid key, its value and what is supported.
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
  return new RewardEditError('bad-input', `the configuration is not supported: ${problems.join('; ')}`, {
    where,
    hint: 'correct the file, or choose another model: only networks that can be computed exactly are supported',
  });
}
