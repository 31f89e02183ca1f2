import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { apply, difference, valueOf } from '../testing/apply.ts';
import { forAll, seeds, shapes } from '../testing/arbitraries.ts';
import { elementAt, indicesOf } from '../testing/indices.ts';
import { constant } from './leaf.ts';
import { nearestSource, resizeNearest } from './resize.ts';

// From torch.nn.functional.interpolate(mode='nearest').
test.each([
  [2, 4, [0, 0, 1, 1]],
  [2, 3, [0, 0, 1]],
  [3, 5, [0, 0, 1, 1, 2]],
  [5, 3, [0, 1, 3]],
  [4, 2, [0, 2]],
  [1, 3, [0, 0, 0]],
  [7, 7, [0, 1, 2, 3, 4, 5, 6]],
])('%d pixels resized to %d come from %j', (from, to, expected) => {
  expect(Array.from({ length: to }, (_, i) => nearestSource(i, from, to))).toEqual(expected);
});

test('height and width have separate factors', () => {
  const x = constant(Float32Array.of(1, 2, 3, 4), [1, 1, 2, 2]);
  expect(valueOf(resizeNearest(x, 2, 4))).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
  expect(valueOf(resizeNearest(x, 3, 1))).toEqual([1, 1, 3]);
});

test('at any size, takes the pixel that contains the upper left corner of the new one', () => {
  const sizes = fc.integer({ min: 1, max: 9 });
  forAll(fc.tuple(shapes(4, 4), sizes, sizes, seeds), ([shape, height, width, seed]) => {
    const result = apply((x) => resizeNearest(x, height, width), [shape], seed);
    expect(result.shape).toEqual([shape[0], shape[1], height, width]);
    // The same without a division: the last source pixel that begins at or before the new one.
    const holding = (i: number, from: number, to: number) => {
      let source = 0;
      while ((source + 1) * to <= i * from) source++;
      return source;
    };
    const expected = indicesOf(result.shape).map(([n, c, row, column]) =>
      elementAt(result.operands[0], shape, [
        n,
        c,
        holding(row, shape[2], height),
        holding(column, shape[3], width),
      ]),
    );
    expect(difference(result.value, expected)).toBe(0);
  });
});
