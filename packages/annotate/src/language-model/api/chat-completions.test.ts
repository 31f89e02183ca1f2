import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZodError } from 'zod';
import { chatCompletions } from './chat-completions.ts';
import type { ChatReply, ChatRequest } from './chat.ts';

const api = chatCompletions('max_tokens');
const picture = {
  mediaType: 'image/png',
  bytes: Buffer.from('png'),
  width: 1,
  height: 1,
  sha256: '',
} as const;

describe('the body of a request', () => {
  it('contains texts and pictures in order, the schema, the limit and the sampling settings', () => {
    const schema = { type: 'object', properties: {}, required: [], additionalProperties: false };
    const request: ChatRequest = {
      system: 'Judge.',
      parts: [{ text: 'Before:' }, { picture }, { text: 'After.' }],
      detail: 'low',
      format: { name: 'judgement', schema },
      maxOutputTokens: 700,
      sampling: { temperature: 0, seed: 1, reasoningEffort: 'low', alternatives: 20 },
    };
    expect(api.body(request, 'm')).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'Judge.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Before:' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,cG5n', detail: 'low' } },
            { type: 'text', text: 'After.' },
          ],
        },
      ],
      response_format: { type: 'json_schema', json_schema: { name: 'judgement', schema, strict: true } },
      max_tokens: 700,
      temperature: 0,
      seed: 1,
      reasoning_effort: 'low',
      logprobs: true,
      top_logprobs: 20,
    });
  });

  it('omits what is left to the server', () => {
    const plain: ChatRequest = { system: 's', parts: [], maxOutputTokens: 5, sampling: {} };
    expect(Object.keys(chatCompletions('max_completion_tokens').body(plain, 'm'))).toEqual([
      'model',
      'messages',
      'max_completion_tokens',
    ]);
    const unnamed = { ...plain, system: '', parts: [{ picture }] };
    expect(api.body(unnamed, 'm')).toMatchObject({
      messages: [
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,cG5n' } }] },
      ],
    });
  });
});

const choice = { finish_reason: 'stop', message: { content: 'text' } };
const USAGE = { prompt_tokens: 10, completion_tokens: 2 };

describe('a response', () => {
  it('is read with its usage, model and tokens', () => {
    const logprobs = {
      content: [
        {
          token: 'te',
          logprob: -0.1,
          top_logprobs: [
            { token: 'te', logprob: -0.1 },
            { token: 'x', logprob: -3 },
          ],
        },
        { token: 'xt', logprob: -0.2, top_logprobs: [] },
      ],
    };
    const usage = { ...USAGE, prompt_tokens_details: { cached_tokens: 4 } };
    const response = { model: 'm-2', system_fingerprint: 'fp', choices: [{ ...choice, logprobs }], usage };
    expect(api.read(response)).toEqual({
      text: 'text',
      finish: 'complete',
      usage: { input: 10, cachedInput: 4, output: 2 },
      model: 'm-2',
      fingerprint: 'fp',
      tokens: [
        {
          token: 'te',
          alternatives: [
            { token: 'te', logprob: -0.1 },
            { token: 'x', logprob: -3 },
          ],
        },
        { token: 'xt', alternatives: [{ token: 'xt', logprob: -0.2 }] },
      ],
    });
  });

  it.each<[string, object, Partial<ChatReply>]>([
    ['that stops', { finish_reason: 'stop' }, { finish: 'complete' }],
    ['that tells no reason', { finish_reason: null }, { finish: 'complete' }],
    ['with a reason that is not known', { finish_reason: 'eos_token' }, { finish: 'complete' }],
    ['that is cut off', { finish_reason: 'length' }, { finish: 'cut-off', text: 'text' }],
    [
      'that was filtered',
      { finish_reason: 'content_filter', message: { content: null } },
      { finish: 'content-filter', text: '' },
    ],
    ['that refuses', { message: { content: null, refusal: 'No.' } }, { finish: 'refusal', text: 'No.' }],
    [
      'with an empty refusal',
      { message: { content: 'text', refusal: '' } },
      { finish: 'complete', text: 'text' },
    ],
    ['without contents', { message: {} }, { finish: 'complete', text: '' }],
  ])('%s is recognized', (_, own, reply) => {
    expect(api.read({ choices: [{ ...choice, ...own }] })).toMatchObject(reply);
  });

  it.each<[string, object]>([
    ['no usage', {}],
    ['null', { usage: null, model: null, system_fingerprint: null }],
    ['usage in part', { usage: { prompt_tokens: 10 } }],
    ['usage of null', { usage: { prompt_tokens: null, completion_tokens: null } }],
    ['usage below zero', { usage: { prompt_tokens: -1e6, completion_tokens: 2 } }],
    ['usage in pieces', { usage: { prompt_tokens: 1.5, completion_tokens: 2 } }],
    ['usage in words', { usage: 'none' }],
    ['cached tokens below zero', { usage: { ...USAGE, prompt_tokens_details: { cached_tokens: -5 } } }],
  ])('of another server, with %s, is read without it', (_, own) => {
    expect(api.read({ choices: [choice], ...own })).toEqual({ text: 'text', finish: 'complete' });
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['nothing in it', {}],
    ['none in it', { content: [] }],
    ['those of the older API', { tokens: ['te', 'xt'], token_logprobs: [-0.1, -0.2] }],
    ['null for a probability', { content: [{ token: 'text', logprob: null }] }],
    ['words', 'none'],
  ])('with probabilities that are %s is read without them', (_, logprobs) => {
    expect(api.read({ choices: [{ ...choice, logprobs }] })).toEqual({ text: 'text', finish: 'complete' });
  });

  it('of another form is rejected, and nothing else is thrown whatever it is', () => {
    for (const none of [
      null,
      [],
      'text',
      {},
      { choices: [] },
      { choices: [{}] },
      { error: { message: 'no' } },
    ])
      expect(() => api.read(none)).toThrow(ZodError);
    const odd = fc.jsonValue();
    const message = fc.record({ content: odd, refusal: odd }, { requiredKeys: [] });
    const response = fc.record(
      {
        choices: fc.array(fc.record({ finish_reason: odd, message, logprobs: odd }, { requiredKeys: [] })),
        usage: odd,
        model: odd,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(odd, response), (value) => {
        expect(isReplyOrRefused(value)).toBe(true);
      }),
    );
  });
});

function isReplyOrRefused(value: unknown): boolean {
  try {
    return typeof api.read(value).text === 'string';
  } catch (error) {
    return error instanceof ZodError;
  }
}
