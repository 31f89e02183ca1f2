import { z } from 'zod';
import { dataUri, type Detail, type ChatApi, type ChatPart, type ChatReply } from './chat.ts';
import { readContent, readTexts, readTokens, tokenCountSchema, tokensSchema } from './reply-parts.ts';

const refusalSchema = z.object({ type: z.literal('refusal'), refusal: z.string() });
const logprobsSchema = z.object({ logprobs: tokensSchema });

const responseSchema = z.object({
  model: z.string().nullish(),
  status: z.string().nullish(),
  incomplete_details: z.object({ reason: z.string().nullish() }).nullish(),
  // The output also contains reasoning and tool calls.
  output: z.array(
    z.object({
      type: z.string(),
      content: z.array(z.unknown()).nullish().catch(undefined),
      summary: z.array(z.unknown()).nullish().catch(undefined),
    }),
  ),
  usage: z
    .object({
      input_tokens: tokenCountSchema,
      output_tokens: tokenCountSchema,
      input_tokens_details: z.object({ cached_tokens: tokenCountSchema.nullish() }).nullish(),
    })
    .nullish()
    .catch(undefined),
});

const INCOMPLETE: Readonly<Record<string, ChatReply['finish']>> = {
  max_output_tokens: 'cut-off',
  content_filter: 'content-filter',
};

/** OpenAI's Responses API. It has no seed, so `sampling.seed` is ignored. */
export const responses: ChatApi = {
  path: '/responses',
  body: ({ system, parts, detail, format, maxOutputTokens, sampling }, model, addressOf = dataUri) => ({
    model,
    ...(system !== '' && { instructions: system }),
    input: [{ role: 'user', content: parts.map((part) => toContent(part, detail, addressOf)) }],
    ...(format !== undefined && { text: { format: { type: 'json_schema', ...format, strict: true } } }),
    max_output_tokens: maxOutputTokens,
    // Replies are stored by us, not by the server.
    store: false,
    ...(sampling.temperature !== undefined && { temperature: sampling.temperature }),
    ...(sampling.reasoningEffort !== undefined && { reasoning: { effort: sampling.reasoningEffort } }),
    ...(sampling.alternatives !== undefined && {
      include: ['message.output_text.logprobs'],
      top_logprobs: sampling.alternatives,
    }),
  }),
  read(response) {
    const { model, incomplete_details: incomplete, output, usage } = responseSchema.parse(response);
    const contents = output.flatMap(({ type, content }) => (type === 'message' ? (content ?? []) : []));
    const refusal = contents.flatMap((content) => refusalSchema.safeParse(content).data ?? [])[0]?.refusal;
    const tokens = contents.flatMap((content) => logprobsSchema.safeParse(content).data?.logprobs ?? []);
    const { text, thoughts } = readContent(contents);
    const thinking = output.filter(({ type }) => type === 'reasoning');
    const reasoning = thinking.map(({ content, summary }) => readContent(content ?? summary));
    return {
      ...readTexts(refusal ?? text, thoughts + reasoning.map((each) => each.thoughts).join(''), response),
      finish: refusal === undefined ? (INCOMPLETE[incomplete?.reason ?? ''] ?? 'complete') : 'refusal',
      ...(usage && {
        usage: {
          input: usage.input_tokens,
          cachedInput: usage.input_tokens_details?.cached_tokens ?? 0,
          output: usage.output_tokens,
        },
      }),
      ...(typeof model === 'string' && { model }),
      ...readTokens(tokens),
    };
  },
};

function toContent(part: ChatPart, detail: Detail = 'auto', addressOf: typeof dataUri): object {
  return 'text' in part
    ? { type: 'input_text', text: part.text }
    : { type: 'input_image', image_url: addressOf(part.picture), detail };
}
