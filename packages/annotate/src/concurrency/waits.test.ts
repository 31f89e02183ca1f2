import type { EventBody } from '@rewardedit/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createWaits, type Waits } from './waits.ts';

const BEGAN = Date.parse('2030-01-02T03:04:05Z');

let waits: Waits;
let told: EventBody[];
const emit = (event: EventBody) => void told.push(event);

beforeEach(() => {
  vi.useFakeTimers({ now: BEGAN });
  waits = createWaits(Date.now);
  told = [];
});
afterEach(() => void vi.useRealTimers());

const what = 'the rate limit';
const untilAfter = (seconds: number) => new Date(BEGAN + seconds * 1000).toISOString();

describe('waits whose end is known', () => {
  it('are told with it, once for all that wait for the same, and when they are over', () => {
    waits.during(20_000, { what, why: 'too many', asked: true }, emit);
    for (let i = 0; i < 10; i++) waits.during(20_000 + i, { what, why: 'too many', asked: true }, emit);
    expect(told).toEqual([{ type: 'waiting', what, why: 'too many', until: untilAfter(20) }]);
    vi.advanceTimersByTime(19_999);
    expect(told).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(told.slice(1)).toEqual([{ type: 'waiting-over', what }]);
  });

  it('are told again, and over later, where others ask for more', () => {
    waits.during(10_000, { what, why: 'too many', asked: true }, emit);
    waits.during(60_000, { what, why: 'still too many', asked: true }, emit);
    vi.advanceTimersByTime(59_999);
    expect(told.map(({ type }) => type)).toEqual(['waiting', 'waiting']);
    expect(told[1]).toMatchObject({ why: 'still too many', until: untilAfter(60) });
    vi.advanceTimersByTime(1);
    expect(told.at(-1)).toEqual({ type: 'waiting-over', what });
  });

  it('are not worth a word where they are short, and those that nobody asked for once a minute', () => {
    waits.during(4999, { what, why: '' }, emit);
    expect(told).toEqual([]);
    for (let second = 0; second < 130; second += 10) {
      waits.during(8000, { what, why: '' }, emit);
      vi.advanceTimersByTime(10_000);
    }
    expect(told.filter(({ type }) => type === 'waiting')).toHaveLength(2);
    expect(told.filter(({ type }) => type === 'waiting-over')).toHaveLength(2);
  });
});

describe('waits whose end nobody knows', () => {
  const wait = () => waits.begin({ what: 'the budget', why: 'little is left' }, emit);

  it('are told after a while, and over when the last of them is', () => {
    const [first, second] = [wait(), wait()];
    vi.advanceTimersByTime(5000);
    expect(told).toEqual([{ type: 'waiting', what: 'the budget', why: 'little is left' }]);
    first();
    expect(told).toHaveLength(1);
    second();
    expect(told[1]).toEqual({ type: 'waiting-over', what: 'the budget' });
  });

  it('are not told where they are short', () => {
    wait()();
    vi.advanceTimersByTime(10_000);
    expect(told).toEqual([]);
  });
});
