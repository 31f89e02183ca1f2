import { z } from 'zod';
import type { ReplyToken } from './chat.ts';

// What both APIs put into their responses in the same form.

/** What a part of a reply may hold: OpenAI's parts hold a text, Mistral's thoughts hold parts of their own. */
type Part = { readonly type?: unknown; readonly text?: unknown; readonly thinking?: unknown };

/** The texts and the thoughts in what a server calls the content of a reply: a text, or parts of many kinds. */
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

/** A reply's text, its thoughts where there are any, and the whole response where there is neither. */
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

/** A number of tokens; anything else is no count, so that no server can lower what was spent. */
export const tokenCountSchema = z.int().nonnegative();

const alternativeSchema = z.object({ token: z.string(), logprob: z.number() });

/** Tokens with their probabilities, which servers give in many forms; what is not of this form counts as not given. */
export const tokensSchema = z
  .array(alternativeSchema.extend({ top_logprobs: z.array(alternativeSchema).nullish() }))
  .nullish()
  .catch(undefined);

/** The tokens of a reply, where the server gave some. */
export function readTokens(tokens: z.infer<typeof tokensSchema>): { tokens?: readonly ReplyToken[] } {
  if (!tokens || tokens.length === 0) return {};
  return {
    tokens: tokens.map(({ token, logprob, top_logprobs: top }) => ({
      token,
      alternatives: top && top.length > 0 ? top : [{ token, logprob }],
    })),
  };
}
