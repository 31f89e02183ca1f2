import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decoded, parseBody } from './response-body.ts';

const TEXT = '{"a":"ä"}';
const bytes = Buffer.from(TEXT);

describe('a body', () => {
  it.each([
    [undefined, bytes],
    ['', bytes],
    ['identity', bytes],
    ['gzip', gzipSync(bytes)],
    ['X-GZIP', gzipSync(bytes)],
    ['deflate', deflateSync(bytes)],
    ['deflate', deflateRawSync(bytes)],
    ['br', brotliCompressSync(bytes)],
    ['deflate, gzip', gzipSync(deflateSync(bytes))],
  ])('encoded as %s is decoded', (coding, body) => {
    expect(decoded(Buffer.from(body), coding).toString('utf8')).toBe(TEXT);
  });

  it.each([
    ['gzip', Buffer.from('not gzip'), /damaged: it is not valid gzip/],
    ['gzip', gzipSync(bytes).subarray(0, 12), /damaged/],
    ['lzma', bytes, /unknown encoding lzma/],
    ['constructor', bytes, /unknown encoding constructor/],
    ['gzip', gzipSync(Buffer.alloc(17 * 1024 * 1024)), /more than 16 MB/],
  ])('with an invalid %s encoding is rejected', (coding, body, message) => {
    expect(() => decoded(Buffer.from(body), coding)).toThrow(message);
  });
});

describe('events', () => {
  const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
  const delta = (fields: object, finish: string | null = null) =>
    event({ model: 'm', choices: [{ index: 0, delta: fields, finish_reason: finish }] });

  it('are joined into the response', () => {
    const token = { token: 'x', logprob: -1 };
    const text =
      ': waiting\n\n' +
      delta({ role: 'assistant', content: '', reasoning_content: 'Hm' }) +
      delta({ reasoning_content: 'm.' }) +
      event({ choices: [{ delta: { content: '{"a"' }, logprobs: { content: [token] } }] }) +
      delta({ content: ':1}' }).replaceAll('\n', '\r\n') +
      delta({}, 'stop') +
      event({ choices: [], usage: { prompt_tokens: 1 } }) +
      'data: [DONE]\n\n';
    expect(parseBody(text)).toEqual({
      model: 'm',
      usage: { prompt_tokens: 1 },
      choices: [
        {
          message: { content: '{"a":1}', reasoning_content: 'Hmm.' },
          finish_reason: 'stop',
          logprobs: { content: [token] },
        },
      ],
    });
  });

  it('may contain a whole response, or an error', () => {
    const whole = { choices: [{ message: { content: 'x' } }] };
    expect(parseBody(event(whole))).toEqual(whole);
    expect(parseBody(delta({ content: 'x' }) + event({ error: { code: 429 } }))).toEqual({
      error: { code: 429 },
    });
    const response = { output: [] };
    expect(
      parseBody(
        `event: x\n${event({ type: 'x' })}event: y\n${event({ type: 'response.completed', response })}`,
      ),
    ).toEqual(response);
  });

  it.each([delta({ content: 'x' }), 'data: {"choices"', 'data: [DONE]\n\n', ': nothing\n\n'])(
    'that break off are rejected: %j',
    (text) => {
      expect(() => parseBody(text)).toThrow(SyntaxError);
    },
  );
});
