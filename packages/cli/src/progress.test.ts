import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startProgress } from './progress.ts';

const CLEAR = '\r\u001B[K';

/** A stream that keeps what is written to it. */
function fakeStream(properties: { isTTY?: boolean; columns?: number }) {
  const written: string[] = [];
  const write = (text: string) => written.push(text) > 0;
  return { written, stream: { ...properties, write } as unknown as NodeJS.WriteStream };
}

const WORK = { label: 'Drawing', unit: 'triplets', total: 100 };

beforeEach(() => {
  vi.useFakeTimers();
  for (const name of ['CI', 'NO_COLOR', 'TERM']) vi.stubEnv(name, undefined);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

describe('on a terminal', () => {
  test('redraws one line, at most ten times a second, and clears it at the end', () => {
    const { stream, written } = fakeStream({ isTTY: true, columns: 80 });
    const progress = startProgress({ ...WORK, stream });
    for (let done = 0; done <= 100; done++) {
      progress.update(done);
      vi.advanceTimersByTime(10);
    }
    expect(written.length).toBeGreaterThan(5);
    expect(written.length).toBeLessThanOrEqual(12);
    progress.end();
    expect(written.every((text) => text.startsWith(CLEAR) && !text.includes('\n'))).toBe(true);
    expect(written.at(-1)).toBe(CLEAR);
  });

  test('draws what came too soon a little later', () => {
    const { stream, written } = fakeStream({ isTTY: true, columns: 80 });
    const progress = startProgress({ ...WORK, stream });
    progress.update(0);
    progress.update(7);
    expect(written.join('')).not.toContain('7/100');
    vi.advanceTimersByTime(200);
    expect(written.join('')).toContain('7/100');
    progress.end();
  });

  test('puts a note above the line', () => {
    const { stream, written } = fakeStream({ isTTY: true, columns: 80 });
    const progress = startProgress({ ...WORK, stream });
    progress.update(10);
    progress.note('a checkpoint');
    progress.end();
    expect(written.slice(1, 3)).toEqual([CLEAR, 'a checkpoint\n']);
    expect(written[3]).toContain('10/100');
  });

  test('writes nothing after its end', () => {
    const { stream, written } = fakeStream({ isTTY: true, columns: 80 });
    const progress = startProgress({ ...WORK, stream });
    progress.update(10);
    progress.end();
    const before = written.length;
    progress.update(11);
    vi.advanceTimersByTime(1000);
    expect(written.length).toBe(before);
  });
});

describe('anywhere else', () => {
  test('writes a plain line at the beginning, every five seconds, and at the end', () => {
    const { stream, written } = fakeStream({});
    const progress = startProgress({ ...WORK, stream });
    for (let done = 0; done <= 100; done++) {
      progress.update(done);
      vi.advanceTimersByTime(100);
    }
    progress.end();
    expect(written).toEqual([
      'Drawing: 0/100 triplets\n',
      'Drawing: 50/100 triplets (50%), 10/s, 0:05 left\n',
      'Drawing: 100/100 triplets (100%), 10/s\n',
      'Drawing: 100/100 triplets after 0:10\n',
    ]);
  });

  test('says at once how much was there before', () => {
    const { stream, written } = fakeStream({});
    const progress = startProgress({ ...WORK, stream });
    progress.update(60);
    progress.end();
    expect(written).toEqual(['Drawing: 60/100 triplets (60%)\n']);
  });
});
