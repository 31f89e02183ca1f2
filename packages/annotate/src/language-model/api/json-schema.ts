import type { JsonSchema } from './chat.ts';

/** Removes limits on the length of strings, which OpenAI's structured output does not accept. */
export function withoutLengthLimits(schema: JsonSchema): JsonSchema {
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => name !== 'maxLength')
        .map(([name, each]) => [name, strip(each)]),
    );
  };
  return strip(schema) as JsonSchema;
}
