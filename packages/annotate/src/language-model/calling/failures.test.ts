import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import { RunEndingError } from '../../judges/run-ending-error.ts';
import { RETRIES, classifyFailure, waitBefore, type FailureKind } from './failures.ts';

const HOST = 'api.example';

/** The error that the client throws for a response. */
const response = (status: number, error: object | string, headers: Record<string, string> = {}) =>
  APIError.generate(status, { error }, undefined, new Headers(headers));

const connection = (code: string, message: string) =>
  new APIConnectionError({
    cause: new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) }),
  });

describe('classifyFailure', () => {
  it.each<[number, FailureKind]>([
    [400, 'rejected'],
    [405, 'rejected'],
    [408, 'timeout'],
    [409, 'server-error'],
    [413, 'rejected'],
    [415, 'rejected'],
    [418, 'rejected'],
    [422, 'rejected'],
    [425, 'server-error'],
    [429, 'rate-limited'],
    [500, 'server-error'],
    [501, 'server-error'],
    [502, 'server-error'],
    [503, 'unavailable'],
    [504, 'server-error'],
    [524, 'server-error'],
    [403, 'withheld'],
    [529, 'unavailable'],
  ])('classifies %d as %s', (status, kind) => {
    expect(classifyFailure(response(status, { message: 'Why.' }), HOST)).toEqual({
      kind,
      message: `${status} Why.`,
      retryAfter: undefined,
    });
  });

  it.each<[number, object, string]>([
    [401, {}, 'authentication'],
    [402, {}, 'exhausted'],
    [404, { code: 'DeploymentNotFound' }, 'bad-input'],
    [404, { code: 'model_not_found' }, 'bad-input'],
    [429, { code: 'insufficient_quota' }, 'exhausted'],
    [429, { type: 'insufficient_quota' }, 'exhausted'],
    [400, { code: 'insufficient_quota' }, 'exhausted'],
  ])('ends the run at %d %j', (status, error, code) => {
    const classify = () => classifyFailure(response(status, { message: 'Why.', ...error }), HOST);
    expect(classify).toThrow(RunEndingError);
    expect(classify).toThrow(
      expect.objectContaining({ code, where: HOST, message: expect.stringContaining(`${status} Why.`) }),
    );
  });

  it.each([
    ['https://other.example/v1?key=secret', 'https://other.example/v1'],
    ['/v2/chat/completions', `https://${HOST}/v2/chat/completions`],
    ['http://[', 'another address'],
    [undefined, 'another address'],
  ])('follows no redirect to %s, and ends the run', (location, told) => {
    const headers = location === undefined ? {} : { location };
    const message = `the server redirects to ${told}; pictures and keys are not sent there`;
    for (const status of [301, 302, 307, 308])
      expect(() => classifyFailure(response(status, {}, headers), HOST)).toThrow(
        expect.objectContaining({ code: 'bad-input', message }),
      );
  });

  it.each([
    // Azure's answer if its filter classified the question as harmful.
    {
      message:
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
      type: null,
      param: 'prompt',
      code: 'content_filter',
      status: 400,
      innererror: {
        code: 'ResponsibleAIPolicyViolation',
        content_filter_result: { hate: { filtered: true } },
      },
    },
    { message: 'Rejected by the safety system.', code: 'content_policy_violation' },
    { message: 'ResponsibleAIPolicyViolation' },
  ])('recognizes the content filter in $code', (error) => {
    expect(classifyFailure(response(400, error), HOST)).toMatchObject({ kind: 'content-filter' });
    // With another status, these words do not mean the filter.
    expect(classifyFailure(response(500, error), HOST)).toMatchObject({ kind: 'server-error' });
  });

  it('recognizes withheld questions, and ones that are too large for any minute', () => {
    expect(classifyFailure(response(403, { message: 'This input was flagged.' }), HOST)).toMatchObject({
      kind: 'content-filter',
    });
    expect(
      classifyFailure(response(429, { message: 'Request too large for m on tokens per min.' }), HOST),
    ).toMatchObject({ kind: 'rejected' });
  });

  it.each<[string, FailureKind]>([
    ['ECONNREFUSED', 'unreachable'],
    ['ENOTFOUND', 'unreachable'],
    ['EAI_AGAIN', 'unreachable'],
    ['EHOSTUNREACH', 'unreachable'],
    ['ENETUNREACH', 'unreachable'],
    ['ECONNRESET', 'connection'],
    ['EPIPE', 'connection'],
    ['CERT_HAS_EXPIRED', 'connection'],
  ])("classifies %s as %s, with the system's message", (code, kind) => {
    expect(classifyFailure(connection(code, `it is ${code}`), HOST)).toEqual({
      kind,
      message: `it is ${code}`,
    });
    // An error about several addresses has no message.
    expect(classifyFailure(connection(code, ''), HOST)).toEqual({ kind, message: code });
  });

  it('recognizes a timeout of the client, and a connection error without a cause', () => {
    expect(classifyFailure(new APIConnectionTimeoutError(), HOST)).toMatchObject({ kind: 'timeout' });
    expect(classifyFailure(new APIConnectionError({}), HOST)).toEqual({
      kind: 'connection',
      message: 'Connection error.',
    });
  });

  it('reads how long to wait', () => {
    expect(classifyFailure(response(429, {}, { 'retry-after': '7' }), HOST)).toMatchObject({
      retryAfter: 7000,
    });
    expect(classifyFailure(response(503, {}, { 'retry-after': '2' }), HOST)).toMatchObject({
      retryAfter: 2000,
    });
  });

  it('reads malformed errors, and shows only the useful part of them', () => {
    const page = `<html>${'x'.repeat(100_000)}`;
    expect(classifyFailure(APIError.generate(500, undefined, page, new Headers()), HOST).message).toMatch(
      /^500 <html>x+\.\.\. \(\d+ more characters\)$/,
    );
    expect(classifyFailure(response(500, page), HOST).message.length).toBeLessThan(600);
    expect(classifyFailure(response(500, { message: 'a\n::error::b\r\n c' }), HOST).message).toBe(
      '500 a ::error::b c',
    );
    for (const error of ['', 'text', [], { message: { deep: 1 } }, { message: null, code: 5 }])
      expect(classifyFailure(response(500, error), HOST)).toMatchObject({ kind: 'server-error' });
  });

  it('throws anything else', () => {
    expect(() => classifyFailure(new TypeError('a mistake'), HOST)).toThrow(TypeError);
  });
});

describe('waitBefore', () => {
  const kinds = Object.keys(RETRIES) as FailureKind[];

  it('doubles with each try up to a minute or the maximum of its kind, with jitter', () => {
    const waits = (kind: FailureKind, times: number) =>
      Array.from({ length: 200 }, () => waitBefore({ kind, message: '' }, times));
    for (const kind of kinds) {
      for (const times of [1, 2, 3, 10, 30]) {
        const { wait, longest = 60 } = RETRIES[kind];
        const own = Math.min(wait * 2 ** (times - 1), longest) * 1000;
        const all = waits(kind, times);
        expect(Math.min(...all)).toBeGreaterThanOrEqual(0.75 * own);
        expect(Math.max(...all)).toBeLessThanOrEqual(own);
        expect(new Set(all).size).toBe(own === 0 ? 1 : 200);
      }
    }
  });

  it('waits for a turn if a server turns calls away, but not after a failure', () => {
    const wait = (kind: FailureKind, turn: number) => waitBefore({ kind, message: '' }, 1, turn);
    expect(wait('rate-limited', 10)).toBeGreaterThanOrEqual(7500);
    expect(wait('rate-limited', 1000)).toBeLessThanOrEqual(20_000);
    expect(wait('rate-limited', 0.1)).toBeLessThanOrEqual(500);
    expect(wait('server-error', 1000)).toBeLessThanOrEqual(500);
  });

  it('is never shorter than the server asks, up to five minutes', () => {
    expect(waitBefore({ kind: 'unavailable', message: '', retryAfter: 1e7 }, 1)).toBe(300_000);
    for (const kind of kinds) expect(waitBefore({ kind, message: '', retryAfter: 90_000 }, 1)).toBe(90_000);
    expect(waitBefore({ kind: 'rate-limited', message: '', retryAfter: 5 }, 6)).toBeGreaterThan(10_000);
  });

  it('retries no call forever', () => {
    for (const kind of kinds) expect(RETRIES[kind].most).toBeLessThanOrEqual(300);
  });
});
