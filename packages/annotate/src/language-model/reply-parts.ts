import { z } from 'zod';
import type { ReplyToken } from './chat.ts';

// What both APIs put into their responses in the same form.

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
