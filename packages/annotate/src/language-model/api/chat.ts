import { z } from 'zod';
import type { EncodedPicture } from './encoded-picture.ts';

/** A part of the message that a model is shown: a text or a picture. */
export type ChatPart = { readonly text: string } | { readonly picture: EncodedPicture };

/** A JSON schema in the subset that structured output accepts: every property required, no others allowed. */
export type JsonSchema = { readonly [key: string]: unknown };

/** How closely a server looks at pictures. */
export const DETAILS = ['low', 'high', 'auto'] as const;
export type Detail = (typeof DETAILS)[number];

/** How hard a model thinks. Models differ in which of these they accept. */
export const REASONING_EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const;

/** One question to a model, whichever API sends it. */
export type ChatRequest = {
  /** Empty if the model accepts no system message. */
  readonly system: string;
  readonly parts: readonly ChatPart[];
  /** Absent to leave it to the server. */
  readonly detail?: Detail;
  /** The schema of the reply; absent for free text. */
  readonly format?: { readonly name: string; readonly schema: JsonSchema };
  /** The most tokens that the reply may take, reasoning included. */
  readonly maxOutputTokens: number;
  readonly sampling: Sampling;
};

/** How the reply is sampled; what is absent is left to the server. */
export type Sampling = {
  readonly temperature?: number;
  readonly seed?: number;
  readonly reasoningEffort?: string;
  /** Requests this many alternatives to each token of the reply, with their log probabilities. */
  readonly alternatives?: number;
};

export const alternativeSchema = z.object({ token: z.string(), logprob: z.number() });
const tokenSchema = z.object({ token: z.string(), alternatives: z.array(alternativeSchema).readonly() });

/** A token of a reply and the alternatives to it, with natural logarithms of their probabilities. */
export type ReplyToken = Readonly<z.infer<typeof tokenSchema>>;

export const usageSchema = z.object({ input: z.number(), cachedInput: z.number(), output: z.number() });
export type Usage = Readonly<z.infer<typeof usageSchema>>;

/** A model's reply, as it is stored. */
export const chatReplySchema = z.object({
  text: z.string(),
  /** The reasoning, if the server separates it; some put the reply itself there. */
  reasoning: z.string().exactOptional(),
  /** The response as received, if neither text nor reasoning was found in it: it was paid for all the same. */
  raw: z.string().exactOptional(),
  /** Why the reply ended. */
  finish: z.enum(['complete', 'cut-off', 'refusal', 'content-filter']),
  /** Absent if the server does not report it. */
  usage: usageSchema.exactOptional(),
  /** The model that the server says it used. */
  model: z.string().exactOptional(),
  fingerprint: z.string().exactOptional(),
  tokens: z.array(tokenSchema).readonly().exactOptional(),
});

export type ChatReply = Readonly<z.infer<typeof chatReplySchema>>;

/** An API of a server: its path, the body of a request, and how a response is read. */
export type ChatApi = {
  readonly path: string;
  /** @param addressOf is called for each picture in the order of the body; `dataUri` by default. */
  body(request: ChatRequest, model: string, addressOf?: (picture: EncodedPicture) => string): object;
  /** Throws ZodError if the response is not one of this API. */
  read(response: unknown): ChatReply;
};

/** Encodes a picture as the data URI that the APIs accept. */
export function dataUri({ mediaType, bytes }: EncodedPicture): string {
  return `data:${mediaType};base64,${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}`;
}
