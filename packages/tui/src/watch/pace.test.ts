import { expect, test } from 'vitest';
import { createPace } from './pace.ts';

/** Simulates a minute of frames with a given processor time each; returns the times of the frames. */
function framesOf(milliseconds: number, cores: number): number[] {
  let [time, used] = [0, 700];
  const pace = createPace({ cores, now: () => time, used: () => used });
  const frames: number[] = [];
  while (time < 60_000) {
    time += pace.rest();
    pace.drawn();
    frames.push(time);
    used += milliseconds;
    time += milliseconds;
  }
  return frames;
}

test('draws the first frames at once, and then uses three thousandths of the machine', () => {
  const frames = framesOf(20, 2);
  expect(frames.slice(0, 6)).toEqual([0, 100, 200, 300, 400, 500]);
  const steady = frames.filter((at) => at > 10_000);
  expect((20 * steady.length) / 50_000 / 2).toBeCloseTo(0.003, 3);
});

test('draws at most ten times a second, and at least every few seconds', () => {
  const gaps = (frames: number[]) => frames.slice(8).map((at, i) => at - frames[i + 7]);
  expect(Math.min(...gaps(framesOf(1, 16)))).toBe(100);
  expect(Math.max(...gaps(framesOf(400, 1)))).toBe(4000);
});
