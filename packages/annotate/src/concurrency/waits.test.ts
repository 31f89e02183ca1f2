import type { EventBody } from '@rewardedit/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createWaits, type Waits } from './waits.ts';

const BEGAN = Date.parse('2030-01-02T03:04:05Z');

let waits: Waits;
let reported: EventBody[];
const emit = (event: EventBody) => void reported.push(event);

beforeEach(() => {
  vi.useFakeTimers({ now: BEGAN });
  waits = createWaits(Date.now);
  reported = [];
});
afterEach(() => void vi.useRealTimers());

const what = 'the rate limit';
const untilAfter = (seconds: number) => new Date(BEGAN + seconds * 1000).toISOString();

describe('waits of known length', () => {
  it('are reported with their end, once for all that wait for the same, and when they are over', () => {
    waits.during(20_000, { what, why: 'too many', asked: true }, emit);
    for (let i = 0; i < 10; i++) waits.during(20_000 + i, { what, why: 'too many', asked: true }, emit);
    expect(reported).toEqual([{ type: 'waiting', what, why: 'too many', until: untilAfter(20) }]);
    vi.advanceTimersByTime(19_999);
    expect(reported).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(reported.slice(1)).toEqual([{ type: 'waiting-over', what }]);
  });

  it('are reported again, and end later, if a server asks for more', () => {
    waits.during(10_000, { what, why: 'too many', asked: true }, emit);
    waits.during(60_000, { what, why: 'still too many', asked: true }, emit);
    vi.advanceTimersByTime(59_999);
    expect(reported.map(({ type }) => type)).toEqual(['waiting', 'waiting']);
    expect(reported[1]).toMatchObject({ why: 'still too many', until: untilAfter(60) });
    vi.advanceTimersByTime(1);
    expect(reported.at(-1)).toEqual({ type: 'waiting-over', what });
  });

  it('are not reported if short, and at most once a minute unless a server asked', () => {
    waits.during(4999, { what, why: '' }, emit);
    expect(reported).toEqual([]);
    for (let second = 0; second < 130; second += 10) {
      waits.during(8000, { what, why: '' }, emit);
      vi.advanceTimersByTime(10_000);
    }
    expect(reported.filter(({ type }) => type === 'waiting')).toHaveLength(2);
    expect(reported.filter(({ type }) => type === 'waiting-over')).toHaveLength(2);
  });
});

describe('waits of unknown length', () => {
  const wait = () => waits.begin({ what: 'the budget', why: 'little is left' }, emit);

  it('are reported after a while, and end with the last of them', () => {
    const [first, second] = [wait(), wait()];
    vi.advanceTimersByTime(5000);
    expect(reported).toEqual([{ type: 'waiting', what: 'the budget', why: 'little is left' }]);
    first();
    expect(reported).toHaveLength(1);
    second();
    expect(reported[1]).toEqual({ type: 'waiting-over', what: 'the budget' });
  });

  it('are not reported if short', () => {
    wait()();
    vi.advanceTimersByTime(10_000);
    expect(reported).toEqual([]);
  });
});
