import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { broadcastPositions, broadcastShapes } from './broadcast.ts';
import { sizeOf } from './shape.ts';
import { broadcastableTo, forAll, shapes } from './testing/arbitraries.ts';
import { broadcastElementAt, indicesOf } from './testing/indices.ts';

test.each([
  [[2, 3], [3], [2, 3]],
  [
    [2, 1],
    [1, 3],
    [2, 3],
  ],
  [[], [4, 1], [4, 1]],
  [
    [5, 1, 2],
    [3, 1],
    [5, 3, 2],
  ],
  [[2, 3], [2], undefined],
  [
    [0, 2],
    [1, 2],
    [0, 2],
  ],
])('%j and %j broadcast to %j', (a, b, expected) => {
  expect(broadcastShapes(a, b)).toEqual(expected);
  expect(broadcastShapes(b, a)).toEqual(expected);
});

test('maps every element to its source index', () => {
  const cases = shapes().chain((to) => fc.record({ to: fc.constant(to), from: broadcastableTo(to) }));
  forAll(cases, ({ from, to }) => {
    const numbered = Float64Array.from({ length: sizeOf(from) }, (_, i) => i);
    const expected = indicesOf(to).map((index) => broadcastElementAt(numbered, from, index));
    expect([...broadcastPositions(from, to)]).toEqual(expected);
  });
});
