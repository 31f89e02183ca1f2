import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration } from '@rewardedit/core/text';
import { formatProgress, formatProgressLine } from './format-progress.ts';

const halfway = { label: 'Training', unit: 'steps', done: 500, total: 1000, rate: 4, detail: 'loss 0.03' };

describe('formatProgress', () => {
  test('shows everything if there is room', () => {
    expect(formatProgress(halfway, 100)).toBe(
      `Training  ${'━'.repeat(15)}${'─'.repeat(15)}   50%  500/1000 steps  4.0/s  ETA 2:05  loss 0.03`,
    );
  });

  test('drops the least important parts as the width shrinks', () => {
    const shown = (width: number) => {
      const line = formatProgress(halfway, width);
      const parts = { detail: 'loss', bar: '━', pace: 'ETA', label: 'Training', share: '50%' };
      return Object.entries(parts).flatMap(([name, text]) => (line.includes(text) ? [name] : []));
    };
    expect(shown(72)).toEqual(['detail', 'bar', 'pace', 'label', 'share']);
    expect(shown(60)).toEqual(['bar', 'pace', 'label', 'share']);
    expect(shown(50)).toEqual(['pace', 'label', 'share']);
    expect(shown(32)).toEqual(['label', 'share']);
    expect(shown(20)).toEqual(['share']);
  });

  test('never exceeds the width', () => {
    const state = fc.record({
      label: fc.constantFrom('Training', 'Drawing'),
      unit: fc.constantFrom('steps', 'triplets'),
      done: fc.nat(2000),
      total: fc.nat(2000),
      rate: fc.option(fc.double({ min: 0, max: 1e5, noNaN: true }), { nil: undefined }),
      detail: fc.option(fc.string({ maxLength: 20 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(state, fc.nat(120), (state, width) => {
        expect(formatProgress(state, width).length).toBeLessThanOrEqual(width);
      }),
    );
  });

  test('shows no bar, percentage or time left if the total is unknown', () => {
    const open = { ...halfway, total: undefined };
    expect(formatProgress(open, 100)).toBe('Training  500 steps  4.0/s  loss 0.03');
    expect(formatProgress(open, 30)).toBe('Training  500 steps  4.0/s');
    expect(formatProgressLine(open)).toBe('Training: 500 steps, 4.0/s, loss 0.03');
  });

  test('shows 100% only when complete, and then no time left', () => {
    expect(formatProgress({ ...halfway, done: 999 }, 100)).toContain(' 99%');
    const done = formatProgress({ ...halfway, done: 1000 }, 100);
    expect(done).toContain('100%');
    expect(done).not.toContain('ETA');
    expect(done).not.toContain('─');
  });

  test('shows seconds per item if they are slow', () => {
    expect(formatProgress({ ...halfway, rate: 0.08 }, 100)).toContain('13 s each');
  });
});

describe('formatProgressLine', () => {
  test('is one line for a log', () => {
    expect(formatProgressLine(halfway)).toBe('Training: 500/1000 steps (50%), 4.0/s, 2:05 left, loss 0.03');
  });

  test('contains only what is known', () => {
    expect(formatProgressLine({ label: 'Drawing', unit: 'triplets', done: 0, total: 9 })).toBe(
      'Drawing: 0/9 triplets',
    );
  });
});

test.each([
  [0.4, '0:00'],
  [59.6, '1:00'],
  [754, '12:34'],
  [3723, '1:02:03'],
  [97_200, '1 d 3 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});
