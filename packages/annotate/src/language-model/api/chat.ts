import { z } from 'zod';
import type { EncodedPicture } from './encoded-picture.ts';

/** What a model is shown in one message: texts and pictures in order. */
export type ChatPart = { readonly text: string } | { readonly picture: EncodedPicture };

/** A JSON schema in the subset that structured output takes: every property required, no others allowed. */
export type JsonSchema = { readonly [key: string]: unknown };

/** How closely a server looks at pictures. */
export const DETAILS = ['low', 'high', 'auto'] as const;
export type Detail = (typeof DETAILS)[number];

/** How hard a model thinks; which of these one takes differs. */
export const REASONING_EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const;

/** One question to a model, whatever API carries it. */
export type ChatRequest = {
  /** Empty where the model takes no such message. */
  readonly system: string;
  readonly parts: readonly ChatPart[];
  /** Absent where the server is not told. */
  readonly detail?: Detail;
  /** What the reply must look like; free text where it is absent. */
  readonly format?: { readonly name: string; readonly schema: JsonSchema };
  /** Tokens of the reply at most, those of its thinking included. */
  readonly maxOutputTokens: number;
  readonly sampling: Sampling;
};

/** How the reply is drawn; what is absent is left to the server. */
export type Sampling = {
  readonly temperature?: number;
  readonly seed?: number;
  readonly reasoningEffort?: string;
  /** Asks for this many alternatives, with their probabilities, to each token of the reply. */
  readonly alternatives?: number;
};

const alternativeSchema = z.object({ token: z.string(), logprob: z.number() });
const tokenSchema = z.object({ token: z.string(), alternatives: z.array(alternativeSchema).readonly() });

/** A token of a reply and what might have stood there instead, with natural logarithms of probabilities. */
export type ReplyToken = Readonly<z.infer<typeof tokenSchema>>;

export const usageSchema = z.object({ input: z.number(), cachedInput: z.number(), output: z.number() });
export type Usage = Readonly<z.infer<typeof usageSchema>>;

/** What a model replied, as it is stored. */
export const chatReplySchema = z.object({
  text: z.string(),
  /** What it thought, where the server tells that apart; some put the reply itself there. */
  reasoning: z.string().exactOptional(),
  /** The response, word for word, where neither a text nor thoughts were found in it: it was paid for all the same. */
  raw: z.string().exactOptional(),
  /** Why it ends there. */
  finish: z.enum(['complete', 'cut-off', 'refusal', 'content-filter']),
  /** Tokens, where the server says. */
  usage: usageSchema.exactOptional(),
  /** The model that the server says it was. */
  model: z.string().exactOptional(),
  fingerprint: z.string().exactOptional(),
  tokens: z.array(tokenSchema).readonly().exactOptional(),
});

export type ChatReply = Readonly<z.infer<typeof chatReplySchema>>;

/** One of the ways to ask: where, the body of a request, and how to read the response. */
export type ChatApi = {
  readonly path: string;
  /** @param addressOf a picture is asked for in the order in which they stand in the body: `dataUri` by default. */
  body(request: ChatRequest, model: string, addressOf?: (picture: EncodedPicture) => string): object;
  /** Throws ZodError where the response is not one of this API. */
  read(response: unknown): ChatReply;
};

/** A picture as the address that the APIs take. */
export function dataUri({ mediaType, bytes }: EncodedPicture): string {
  return `data:${mediaType};base64,${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}`;
}
