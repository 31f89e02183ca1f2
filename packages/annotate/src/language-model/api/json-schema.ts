import type { JsonSchema } from './chat.ts';

/** Removes limits on the length of strings, which OpenAI's structured output does not accept. */
export function withoutLengthLimits(schema: JsonSchema): JsonSchema {
  const strip = (name: string, value: unknown) => (name === 'maxLength' ? undefined : value);
  return JSON.parse(JSON.stringify(schema, strip)) as JsonSchema;
}
