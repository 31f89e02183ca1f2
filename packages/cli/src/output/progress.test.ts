import { startRun, type Run } from '@rewardedit/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { showProgress } from './progress.ts';

const CLEAR = '\r\u001B[K';

/** A stream that keeps what is written to it. */
function fakeStream(properties: { isTTY?: boolean; columns?: number }) {
  const written: string[] = [];
  const write = (text: string) => written.push(text) > 0;
  return { written, stream: { ...properties, write } as unknown as NodeJS.WriteStream };
}

let run: Run;

beforeEach(async () => {
  vi.useFakeTimers();
  for (const name of ['CI', 'NO_COLOR', 'TERM']) vi.stubEnv(name, undefined);
  run = await startRun({ command: 'data scenes' });
  run.emit({ type: 'phase-started', phase: 'Drawing', unit: 'triplets', total: 100 });
});

afterEach(async () => {
  await run.finish({ status: 'done' });
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const report = (done: number) => run.emit({ type: 'progress', done });

describe('on a terminal', () => {
  test('redraws one line, at most ten times a second, and clears it at the end', () => {
    const { stream, written } = fakeStream({ isTTY: true, columns: 80 });
    const end = showProgress(run, { stream });
    for (let done = 0; done <= 100; done++) {
      report(done);
      vi.advanceTimersByTime(10);
    }
    expect(written.length).toBeGreaterThan(5);
    expect(written.length).toBeLessThanOrEqual(12);
    end();
    expect(written.every((text) => text.startsWith(CLEAR) && !text.includes('\n'))).toBe(true);
    expect(written.at(-1)).toBe(CLEAR);
  });

  test('draws updates that came too soon a little later', () => {
    const { stream, written } = fakeStream({ isTTY: true, columns: 80 });
    const end = showProgress(run, { stream });
    report(0);
    report(7);
    expect(written.join('')).not.toContain('7/100');
    vi.advanceTimersByTime(200);
    expect(written.join('')).toContain('7/100');
    end();
  });

  test('prints messages above the line', () => {
    const { stream, written } = fakeStream({ isTTY: true, columns: 80 });
    const end = showProgress(run, { stream });
    report(10);
    vi.advanceTimersByTime(200);
    written.length = 0;
    run.emit({ type: 'checkpoint', step: 10, path: 'run/checkpoints/step-000010' });
    end();
    expect(written.slice(0, 2)).toEqual([CLEAR, 'Checkpoint: run/checkpoints/step-000010\n']);
    expect(written[2]).toContain('10/100');
  });

  test('writes nothing after its end', () => {
    const { stream, written } = fakeStream({ isTTY: true, columns: 80 });
    const end = showProgress(run, { stream });
    report(10);
    end();
    const before = written.length;
    report(11);
    vi.advanceTimersByTime(1000);
    expect(written.length).toBe(before);
  });
});

describe('without a terminal', () => {
  test('prints a plain line at the start, every five seconds, and at the end', () => {
    const { stream, written } = fakeStream({});
    const end = showProgress(run, { stream });
    for (let done = 0; done <= 60; done++) {
      report(done);
      vi.advanceTimersByTime(100);
    }
    run.emit({ type: 'phase-finished', phase: 'Drawing' });
    end();
    expect(written).toEqual([
      'Drawing: 0/100 triplets\n',
      'Drawing: 50/100 triplets (50%), 10/s, 0:05 left\n',
      'Drawing: 60/100 triplets after 0:06\n',
    ]);
  });

  test('shows earlier progress at once', () => {
    const { stream, written } = fakeStream({});
    const end = showProgress(run, { stream });
    report(60);
    end();
    expect(written).toEqual(['Drawing: 60/100 triplets (60%)\n']);
  });

  test('prints the first twenty quarantined items individually, with control characters escaped', () => {
    const { stream, written } = fakeStream({});
    const end = showProgress(run, { stream });
    for (let i = 0; i < 30; i++)
      run.emit({ type: 'quarantined', id: `\u001B[31m${i}`, reason: 'no\npicture' });
    end();
    expect(written).toHaveLength(21);
    expect(written[0]).toBe('Set aside \\u001b[31m0: no\\npicture\n');
    expect(written.at(-1)).toContain('Further quarantined items');
  });

  test('prints only warnings when quiet', () => {
    const { stream, written } = fakeStream({});
    const end = showProgress(run, { stream, quiet: true });
    report(1);
    run.emit({ type: 'log', message: 'by the way' });
    run.emit({ type: 'quarantined', id: 'a', reason: 'no picture' });
    run.emit({ type: 'warning', message: 'the judge will be shut down' });
    vi.advanceTimersByTime(6000);
    report(2);
    end();
    expect(written).toEqual([expect.stringContaining('the judge will be shut down')]);
  });

  test('shows what it waits for, and until when', () => {
    const { stream, written } = fakeStream({});
    const end = showProgress(run, { stream });
    run.emit({
      type: 'waiting',
      what: 'the rate limit',
      why: 'too many calls',
      until: '2030-01-02T03:04:05Z',
    });
    report(1);
    run.emit({ type: 'waiting-over', what: 'the rate limit' });
    report(2);
    vi.advanceTimersByTime(6000);
    report(3);
    end();
    expect(written[0]).toMatch(/^Waiting until 2030-01-0\d \d\d:\d\d:05, because too many calls\n$/);
    expect(written[1]).toMatch(
      /^Drawing: 1\/100 triplets \(1%\), waiting for the rate limit until \d\d:\d\d:\d\d\n$/,
    );
    expect(written[2]).toMatch(/^Drawing: 3\/100 triplets/);
    expect(written[2]).not.toContain('waiting');
  });
});
