import { z } from 'zod';
import { dataUri, type Detail, type ChatApi, type ChatPart, type ChatReply } from './chat.ts';
import { readContent, readTexts, readTokens, tokenCountSchema, tokensSchema } from './reply-parts.ts';

/** The fields of a response that are used. Servers add others, and omit or set to null those that they do not support. */
const responseSchema = z.object({
  model: z.string().nullish(),
  system_fingerprint: z.string().nullish(),
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({
          content: z.unknown().optional(),
          refusal: z.string().nullish(),
          // The reasoning: the first field at DeepSeek, vLLM and llama.cpp, the second at OpenRouter and newer vLLM.
          reasoning_content: z.unknown().optional(),
          reasoning: z.unknown().optional(),
        }),
        logprobs: z.object({ content: tokensSchema }).nullish().catch(undefined),
      }),
    )
    .min(1),
  usage: z
    .object({
      prompt_tokens: tokenCountSchema,
      completion_tokens: tokenCountSchema,
      prompt_tokens_details: z.object({ cached_tokens: tokenCountSchema.nullish() }).nullish(),
    })
    .nullish()
    .catch(undefined),
});

/** What each finish reason means. Any other counts as a complete reply, which must then parse. */
const FINISH: Readonly<Record<string, ChatReply['finish']>> = {
  length: 'cut-off',
  content_filter: 'content-filter',
};

export type TokenLimit = 'max_completion_tokens' | 'max_tokens';

/**
 * The Chat Completions API.
 *
 * @param tokenLimit the server's name for the limit of a reply: `max_completion_tokens` at OpenAI and Azure, whose newer models refuse
 * `max_tokens`; other servers know only `max_tokens`.
 */
export function chatCompletions(tokenLimit: TokenLimit): ChatApi {
  return {
    path: '/chat/completions',
    body: ({ system, parts, detail, format, maxOutputTokens, sampling }, model, addressOf = dataUri) => ({
      model,
      messages: [
        ...(system === '' ? [] : [{ role: 'system', content: system }]),
        { role: 'user', content: parts.map((part) => toContent(part, detail, addressOf)) },
      ],
      ...(format !== undefined && {
        response_format: { type: 'json_schema', json_schema: { ...format, strict: true } },
      }),
      [tokenLimit]: maxOutputTokens,
      ...(sampling.temperature !== undefined && { temperature: sampling.temperature }),
      ...(sampling.seed !== undefined && { seed: sampling.seed }),
      ...(sampling.reasoningEffort !== undefined && { reasoning_effort: sampling.reasoningEffort }),
      ...(sampling.alternatives !== undefined && { logprobs: true, top_logprobs: sampling.alternatives }),
    }),
    read: readResponse,
  };
}

function toContent(part: ChatPart, detail: Detail | undefined, addressOf: typeof dataUri): object {
  return 'text' in part
    ? { type: 'text', text: part.text }
    : {
        type: 'image_url',
        image_url: { url: addressOf(part.picture), ...(detail !== undefined && { detail }) },
      };
}

function readResponse(response: unknown): ChatReply {
  const { model, system_fingerprint: fingerprint, choices, usage } = responseSchema.parse(response);
  const { finish_reason: reason, message, logprobs } = choices[0];
  const refusal = message.refusal ?? '';
  const { text, thoughts } = readContent(message.content);
  const reasoning = [message.reasoning_content, message.reasoning].map((field) => readContent(field).text);
  return {
    ...readTexts(
      refusal === '' ? text : refusal,
      reasoning.find((field) => field !== '') ?? thoughts,
      response,
    ),
    finish: refusal === '' ? (FINISH[reason ?? ''] ?? 'complete') : 'refusal',
    ...(usage && {
      usage: {
        input: usage.prompt_tokens,
        cachedInput: usage.prompt_tokens_details?.cached_tokens ?? 0,
        output: usage.completion_tokens,
      },
    }),
    ...(typeof model === 'string' && { model }),
    ...(typeof fingerprint === 'string' && { fingerprint }),
    ...readTokens(logprobs?.content),
  };
}
