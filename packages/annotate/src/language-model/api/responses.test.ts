import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZodError } from 'zod';
import type { ChatReply, ChatRequest } from './chat.ts';
import { responses } from './responses.ts';

const picture = {
  mediaType: 'image/jpeg',
  bytes: Buffer.from('jpg'),
  width: 1,
  height: 1,
  sha256: '',
} as const;

it('sends texts and pictures in order, the schema and the limit, and asks the server to store nothing', () => {
  const schema = { type: 'object', properties: {}, required: [], additionalProperties: false };
  const request: ChatRequest = {
    system: 'Judge.',
    parts: [{ text: 'Before:' }, { picture }],
    format: { name: 'judgement', schema },
    maxOutputTokens: 700,
    // This API has no seed.
    sampling: { temperature: 0.7, seed: 1, reasoningEffort: 'low', alternatives: 20 },
  };
  expect(responses.body(request, 'm')).toEqual({
    model: 'm',
    instructions: 'Judge.',
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Before:' },
          { type: 'input_image', image_url: 'data:image/jpeg;base64,anBn', detail: 'auto' },
        ],
      },
    ],
    text: { format: { type: 'json_schema', name: 'judgement', schema, strict: true } },
    max_output_tokens: 700,
    store: false,
    temperature: 0.7,
    reasoning: { effort: 'low' },
    include: ['message.output_text.logprobs'],
    top_logprobs: 20,
  });
  const plain: ChatRequest = { system: 's', parts: [], maxOutputTokens: 5, sampling: {} };
  expect(Object.keys(responses.body(plain, 'm'))).toEqual([
    'model',
    'instructions',
    'input',
    'max_output_tokens',
    'store',
  ]);
});

const message = (...content: object[]) => ({ type: 'message', content });
const text = { type: 'output_text', text: 'text' };

describe('a response', () => {
  it('is read with its usage, model, tokens and reasoning, ignoring tool calls', () => {
    const logprobs = [{ token: 'text', logprob: -0.1, top_logprobs: [{ token: 'text', logprob: -0.1 }] }];
    expect(
      responses.read({
        model: 'm-2',
        status: 'completed',
        output: [
          { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'Hm.' }] },
          message({ type: 'output_text', text: 'te' }, { type: 'output_text', text: 'xt', logprobs }),
          { type: 'function_call', name: 'f' },
        ],
        usage: { input_tokens: 10, output_tokens: 2, input_tokens_details: { cached_tokens: 4 } },
      }),
    ).toEqual({
      text: 'text',
      reasoning: 'Hm.',
      finish: 'complete',
      usage: { input: 10, cachedInput: 4, output: 2 },
      model: 'm-2',
      tokens: [{ token: 'text', alternatives: [{ token: 'text', logprob: -0.1 }] }],
    });
  });

  it.each<[string, object, Partial<ChatReply>]>([
    [
      'that is cut off',
      { incomplete_details: { reason: 'max_output_tokens' } },
      { finish: 'cut-off', text: 'text' },
    ],
    ['that was filtered', { incomplete_details: { reason: 'content_filter' } }, { finish: 'content-filter' }],
    [
      'that refuses',
      { output: [message(text, { type: 'refusal', refusal: 'No.' })] },
      { finish: 'refusal', text: 'No.' },
    ],
    ['without a message', { output: [] }, { finish: 'complete', text: '', raw: '{"output":[]}' }],
    [
      'with something else in it',
      { output: [message({ type: 'song', notes: 'abc' })] },
      { text: '', raw: expect.stringContaining('abc') as string },
    ],
    [
      'that is a summary of thoughts alone',
      { output: [{ type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] }] },
      { text: '', reasoning: 'Hm.' },
    ],
    [
      'with an empty message',
      { output: [{ type: 'message', content: null }] },
      { finish: 'complete', text: '' },
    ],
  ])('%s is recognized', (_, own, reply) => {
    expect(responses.read({ output: [message(text)], ...own })).toMatchObject(reply);
  });

  it.each<[string, object]>([
    ['no usage', {}],
    ['null', { usage: null, model: null, incomplete_details: null }],
    ['usage in part', { usage: { input_tokens: 10 } }],
    ['usage below zero', { usage: { input_tokens: 10, output_tokens: -1 } }],
    ['odd probabilities', { output: [message({ ...text, logprobs: [{ token: 1 }] })] }],
  ])('with %s is read without it', (_, own) => {
    expect(responses.read({ output: [message(text)], ...own })).toEqual({ text: 'text', finish: 'complete' });
  });

  it('of another form is rejected, and nothing else is thrown whatever it is', () => {
    for (const none of [null, [], {}, { output: null }]) expect(() => responses.read(none)).toThrow(ZodError);
    const odd = fc.jsonValue();
    const item = fc.record({ type: fc.constantFrom('message', 'reasoning'), content: odd });
    fc.assert(
      fc.property(
        fc.oneof(odd, fc.record({ output: fc.array(fc.oneof(odd, item)), usage: odd })),
        (value) => {
          expect(isReplyOrRefused(value)).toBe(true);
        },
      ),
    );
  });
});

function isReplyOrRefused(value: unknown): boolean {
  try {
    return typeof responses.read(value).text === 'string';
  } catch (error) {
    return error instanceof ZodError;
  }
}
