import { expect, test } from 'vitest';
import { createPace } from './pace.ts';

/** Draws for a minute of made-up time, with frames that each take so much of a processor; gives the times of the frames. */
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

test('a screen fills up at once, and then takes three thousandths of the machine', () => {
  const frames = framesOf(20, 2);
  expect(frames.slice(0, 6)).toEqual([0, 100, 200, 300, 400, 500]);
  const steady = frames.filter((at) => at > 10_000);
  expect((20 * steady.length) / 50_000 / 2).toBeCloseTo(0.003, 3);
});

test('it is drawn ten times a second at most, and every few seconds at least', () => {
  const gaps = (frames: number[]) => frames.slice(8).map((at, i) => at - frames[i + 7]);
  expect(Math.min(...gaps(framesOf(1, 16)))).toBe(100);
  expect(Math.max(...gaps(framesOf(400, 1)))).toBe(4000);
});
