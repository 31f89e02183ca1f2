import { z } from 'zod';
import type { JsonSchema } from '../language-model/api/chat.ts';

/**
 * Returns the JSON schema that a server enforces for replies of a form. Unlike the form, by which replies are checked, it limits texts to
 * `longest` characters. Its bytes are part of the key of every stored reply.
 */
export function replySchema(form: z.ZodType, longest: number): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(form, {
    override({ jsonSchema }) {
      if (jsonSchema.type === 'string' && jsonSchema.enum === undefined) jsonSchema.maxLength = longest;
      if (jsonSchema.type === 'number') jsonSchema.type = 'integer';
    },
  });
  return schema;
}
