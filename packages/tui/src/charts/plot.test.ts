import { expect, test } from 'vitest';
import { canvasRows } from './canvas.ts';
import { plot } from './plot.ts';
import { smooth } from './smooth.ts';

const drawn = (...args: Parameters<typeof plot>) =>
  canvasRows(plot(...args)!.canvas).map((spans) => spans.map(({ text }) => text).join(''));

test('a straight line goes from corner to corner', () => {
  const line = { steps: [0, 1], values: [0, 1] };
  expect(drawn([line], { width: 4, height: 2 })).toEqual(['  ⡠⠊', '⡠⠊  ']);
});

test('on a log axis, a power of ten is as far from the next as that from the one after it', () => {
  const curve = { steps: [0, 1, 2], values: [1, 10, 100] };
  expect(drawn([curve], { width: 4, height: 2, logarithmic: true })).toEqual(['  ⡠⠊', '⡠⠊  ']);
});

test('values that cannot be shown leave a gap, and nothing is drawn without any', () => {
  expect(plot([{ steps: [1, 2], values: [Number.NaN, Infinity] }], { width: 4, height: 2 })).toBeUndefined();
  expect(
    plot([{ steps: [1, 2], values: [0, -1] }], { width: 4, height: 2, logarithmic: true }),
  ).toBeUndefined();
  expect(plot([], { width: 4, height: 2 })).toBeUndefined();
  expect(drawn([{ steps: [0, 1, 2], values: [1, Number.NaN, 1] }], { width: 3, height: 1 })).toEqual(['⠄ ⠠']);
});

test('a part of the steps is drawn as if there were no others', () => {
  const curve = { steps: [0, 1, 2, 3], values: [9, 0, 1, 9] };
  expect(plot([curve], { width: 4, height: 2, steps: [1, 2] })).toMatchObject({ values: [0, 1] });
});

test('of curves over each other, each character has the colour of the last', () => {
  const curves = [
    { steps: [0, 1], values: [0, 1] },
    { steps: [0, 1], values: [1, 1] },
  ];
  const [first] = canvasRows(plot(curves, { width: 4, height: 2 })!.canvas);
  expect(first.map(({ curve }) => curve)).toEqual([1]);
});

test('smoothing begins at the first value, and passes over those that are not finite', () => {
  const { values } = smooth({ steps: [1, 2, 3], values: [4, Number.NaN, 4] }, 0.9);
  expect(values[0]).toBeCloseTo(4);
  expect(values[1]).toBeNaN();
  expect(values[2]).toBeCloseTo(4);
});
