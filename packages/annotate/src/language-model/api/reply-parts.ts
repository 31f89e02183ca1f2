import { z } from 'zod';
import { alternativeSchema, type ReplyToken } from './chat.ts';

// Parts that both APIs have in common.

/** A part of a reply: OpenAI's parts contain a text, Mistral's reasoning contains parts. */
type Part = { readonly type?: unknown; readonly text?: unknown; readonly thinking?: unknown };

/** Separates text and reasoning in the content of a reply, which is a text or a list of parts. */
export function readContent(content: unknown): { text: string; thoughts: string } {
  const found = { text: '', thoughts: '' };
  if (typeof content === 'string') found.text = content;
  if (!Array.isArray(content)) return found;
  for (const part of content as unknown[]) {
    if (typeof part === 'string') found.text += part;
    if (typeof part !== 'object' || part === null) continue;
    const { type, text, thinking } = part as Part;
    const isThought = thinking !== undefined || /think|reason|summary/.test(String(type));
    if (isThought) found.thoughts += readContent(thinking ?? text).text;
    else if (typeof text === 'string') found.text += text;
  }
  return found;
}

/** The text of a reply, its reasoning if there is any, and the whole response if there is neither. */
export function readTexts(
  text: string,
  reasoning: string,
  response: unknown,
): { text: string; reasoning?: string; raw?: string } {
  return {
    text,
    ...(reasoning !== '' && { reasoning }),
    ...(text === '' && reasoning === '' && { raw: JSON.stringify(response) }),
  };
}

/** A number of tokens. A negative one is rejected, so that no server can lower what was spent. */
export const tokenCountSchema = z.int().nonnegative();

/** Tokens with their probabilities, of which servers have many forms; other forms count as absent. */
export const tokensSchema = z
  .array(alternativeSchema.extend({ top_logprobs: z.array(alternativeSchema).nullish() }))
  .nullish()
  .catch(undefined);

/** The tokens of a reply, if the server sent them. */
export function readTokens(tokens: z.infer<typeof tokensSchema>): { tokens?: readonly ReplyToken[] } {
  if (!tokens || tokens.length === 0) return {};
  return {
    tokens: tokens.map(({ token, logprob, top_logprobs: top }) => ({
      token,
      alternatives: top && top.length > 0 ? top : [{ token, logprob }],
    })),
  };
}
