import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Emit, EventBody } from './event-schema.ts';
import { steadyCounts } from './steady-counts.ts';

let told: EventBody[];
let emit: Emit;
beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  emit = steadyCounts((event) => void told.push(event));
});
afterEach(() => void vi.useRealTimers());

const spending = (calls: number): EventBody => ({ type: 'spending', calls });
const spent = () => told.flatMap((event) => (event.type === 'spending' ? [event.calls] : []));

it('emits spending at most ten times a second, whatever comes in between', () => {
  for (let calls = 1; calls <= 1000; calls++) {
    emit(spending(calls));
    emit({ type: 'call', model: 'm', outcome: 'reply' });
    vi.advanceTimersByTime(1);
  }
  expect(told.filter(({ type }) => type === 'call')).toHaveLength(1000);
  expect(spent().length).toBeGreaterThan(9);
  expect(spent().length).toBeLessThan(12);
  expect(spent()).toEqual(spent().toSorted((a, b) => a - b));
});

it('never drops the last count of a phase', () => {
  for (let calls = 1; calls <= 3; calls++) emit(spending(calls));
  emit({ type: 'progress', done: 1 });
  emit({ type: 'progress', done: 2 });
  emit({ type: 'phase-finished', phase: 'Judging' });
  expect(told.slice(-3).map(({ type }) => type)).toEqual(['progress', 'spending', 'phase-finished']);
  expect(spent().at(-1)).toBe(3);
});
