import type { Question } from './question.ts';

export type Finish = 'complete' | 'cut-off' | 'refusal' | 'filtered';

const FINISH_REASONS: Readonly<Record<Finish, string>> = {
  complete: 'stop',
  'cut-off': 'length',
  refusal: 'stop',
  filtered: 'content_filter',
};
const INCOMPLETE: Partial<Record<Finish, string>> = {
  'cut-off': 'max_output_tokens',
  filtered: 'content_filter',
};
/** Fields of the message in addition to its text, and what replaces the text. */
export type Message = {
  readonly content?: unknown;
  readonly reasoning_content?: string;
  readonly tool_calls?: object[];
};
export type Format = (text: string, finish: Finish, message?: Message) => object;

/** Counts one token per four characters, and 300 per picture. */
export function tokensOf({ text, pictures }: Question): number {
  return Math.ceil(text.length / 4) + 300 * pictures.length;
}

/** A reply of the Chat Completions API. */
export function chatReply(question: Question, text: string, finish: Finish, message: Message = {}): object {
  const refused = finish === 'refusal';
  return {
    id: `chatcmpl-${question.hash.slice(0, 12)}`,
    object: 'chat.completion',
    created: 0,
    model: 'judge-under-test',
    system_fingerprint: 'fp_test',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: refused ? null : text,
          refusal: refused ? text : null,
          ...message,
        },
        finish_reason: FINISH_REASONS[finish],
        logprobs: null,
      },
    ],
    usage: {
      prompt_tokens: tokensOf(question),
      completion_tokens: Math.ceil(text.length / 4),
      total_tokens: tokensOf(question) + Math.ceil(text.length / 4),
      prompt_tokens_details: { cached_tokens: 0 },
    },
  };
}

/** A reply of the Responses API. */
export function responsesReply(
  question: Question,
  text: string,
  finish: Finish,
  { content: parts, reasoning_content: thoughts, tool_calls: calls = [] }: Message = {},
): object {
  const reason = INCOMPLETE[finish];
  const content =
    finish === 'refusal'
      ? { type: 'refusal', refusal: text }
      : { type: 'output_text', text, annotations: [], logprobs: [] };
  return {
    id: `resp-${question.hash.slice(0, 12)}`,
    object: 'response',
    model: 'judge-under-test',
    status: reason === undefined ? 'completed' : 'incomplete',
    incomplete_details: reason === undefined ? null : { reason },
    output: [
      {
        ...{ type: 'reasoning', id: 'rs_1', summary: [] },
        ...(thoughts !== undefined && { content: [{ type: 'reasoning_text', text: thoughts }] }),
      },
      { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: parts ?? [content] },
      ...calls.map((call) => ({ ...call, type: 'function_call' })),
    ],
    usage: {
      input_tokens: tokensOf(question),
      output_tokens: Math.ceil(text.length / 4),
      total_tokens: tokensOf(question) + Math.ceil(text.length / 4),
      input_tokens_details: { cached_tokens: 0 },
    },
  };
}
