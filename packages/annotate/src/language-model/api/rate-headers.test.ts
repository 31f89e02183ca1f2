import { describe, expect, it } from 'vitest';
import { retryAfter, roomAfter } from './rate-headers.ts';

const NOW = Date.parse('2030-01-01T00:00:00Z');

describe('retryAfter', () => {
  it.each<[Record<string, string>, number | undefined]>([
    [{ 'retry-after': '20' }, 20_000],
    [{ 'retry-after': ' 1.5 ' }, 1500],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': 'Tue, 01 Jan 2030 00:00:30 GMT' }, 30_000],
    [{ 'retry-after-ms': '250', 'retry-after': '20' }, 250],
    [{ 'retry-after-ms': 'soon', 'retry-after': '20' }, 20_000],
    [{ 'retry-after-ms': '-1', 'retry-after': '20' }, 20_000],
    [{}, undefined],
    [{ 'retry-after': '' }, undefined],
    [{ 'retry-after': '-1' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '1e9' }, undefined],
    [{ 'retry-after': '86400' }, 86_400_000],
    [{ 'retry-after': '864000' }, undefined],
    [{ 'retry-after': 'Mon, 31 Dec 2029 23:59:59 GMT' }, undefined],
    [{ 'retry-after': 'Tue, 01 Jan 2040 00:00:00 GMT' }, undefined],
    [{ 'retry-after-ms': '' }, undefined],
    [{ 'retry-after-ms': 'NaN' }, undefined],
    [{ 'retry-after-ms': 'Infinity' }, undefined],
  ])('returns %j as %s', (headers, milliseconds) => {
    expect(retryAfter(new Headers(headers), NOW)).toBe(milliseconds);
  });
});

describe('roomAfter', () => {
  const headers = (what: string, limit: string, remaining: string, reset: string) => ({
    [`x-ratelimit-limit-${what}`]: limit,
    [`x-ratelimit-remaining-${what}`]: remaining,
    [`x-ratelimit-reset-${what}`]: reset,
  });

  it.each<[string, number | undefined]>([
    ['6m0s', 360_000],
    ['1h', 3_600_000],
    ['1m30s', 90_000],
    ['8.64s', 8640],
    ['12ms', 12],
    ['1s500ms', 1500],
    ['7', 7000],
    ['0', 0],
    ['0s', 0],
    ['-1', undefined],
    ['', undefined],
    ['soon', undefined],
    ['6m0', undefined],
    ['6 m', undefined],
    ['1d', undefined],
    ['25h', 90_000_000],
    ['169h', undefined],
    ['2030-01-01T00:00:00Z', undefined],
    [`${'9'.repeat(400)}s`, undefined],
  ])('reads a reset after %j', (reset, milliseconds) => {
    expect(roomAfter(new Headers(headers('requests', '500', '0', reset)))).toBe(milliseconds);
  });

  it.each([
    ['there is room', '500', '1'],
    ['some servers send -1', '500', '-1'],
    ['some send 0 of 0', '0', '0'],
    ['some send -1 of -1', '-1', '-1'],
    ['some send words', 'many', 'none'],
  ])('is undefined if %s', (_, limit, remaining) => {
    expect(roomAfter(new Headers(headers('tokens', limit, remaining, '6m0s')))).toBeUndefined();
  });

  it('is undefined if headers are missing', () => {
    for (const missing of ['limit', 'remaining', 'reset']) {
      const some = new Headers(headers('tokens', '500', '0', '6m0s'));
      some.delete(`x-ratelimit-${missing}-tokens`);
      expect(roomAfter(some)).toBeUndefined();
    }
    expect(roomAfter(new Headers())).toBeUndefined();
  });

  it('returns the later reset of requests and tokens, if none remain', () => {
    const of = (left: string) =>
      roomAfter(
        new Headers({ ...headers('requests', '500', '0', '2s'), ...headers('tokens', '90000', left, '5s') }),
      );
    expect(of('0')).toBe(5000);
    expect(of('100')).toBe(2000);
  });
});
