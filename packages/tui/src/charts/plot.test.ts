import { expect, test } from 'vitest';
import { canvasRows } from './canvas.ts';
import { plot } from './plot.ts';
import { smooth } from './smooth.ts';

const drawn = (...args: Parameters<typeof plot>) =>
  canvasRows(plot(...args)!.canvas).map((spans) => spans.map(({ text }) => text).join(''));

test('draws a straight line from corner to corner', () => {
  const line = { steps: [0, 1], values: [0, 1] };
  expect(drawn([line], { width: 4, height: 2 })).toEqual(['  ⡠⠊', '⡠⠊  ']);
});

test('spaces powers of ten equally on a log axis', () => {
  const curve = { steps: [0, 1, 2], values: [1, 10, 100] };
  expect(drawn([curve], { width: 4, height: 2, logarithmic: true })).toEqual(['  ⡠⠊', '⡠⠊  ']);
});

test('leaves a gap for values that cannot be shown, and draws nothing without values', () => {
  expect(plot([{ steps: [1, 2], values: [Number.NaN, Infinity] }], { width: 4, height: 2 })).toBeUndefined();
  expect(
    plot([{ steps: [1, 2], values: [0, -1] }], { width: 4, height: 2, logarithmic: true }),
  ).toBeUndefined();
  expect(plot([], { width: 4, height: 2 })).toBeUndefined();
  expect(drawn([{ steps: [0, 1, 2], values: [1, Number.NaN, 1] }], { width: 3, height: 1 })).toEqual(['⠄ ⠠']);
});

test('draws a range of steps as if there were no others', () => {
  const curve = { steps: [0, 1, 2, 3], values: [9, 0, 1, 9] };
  expect(plot([curve], { width: 4, height: 2, steps: [1, 2] })).toMatchObject({ values: [0, 1] });
});

test('colours each character like the last of several curves', () => {
  const curves = [
    { steps: [0, 1], values: [0, 1] },
    { steps: [0, 1], values: [1, 1] },
  ];
  const [first] = canvasRows(plot(curves, { width: 4, height: 2 })!.canvas);
  expect(first.map(({ curve }) => curve)).toEqual([1]);
});

test('smoothing starts at the first value, and skips values that are not finite', () => {
  const { values } = smooth({ steps: [1, 2, 3], values: [4, Number.NaN, 4] }, 0.9);
  expect(values[0]).toBeCloseTo(4);
  expect(values[1]).toBeNaN();
  expect(values[2]).toBeCloseTo(4);
});
