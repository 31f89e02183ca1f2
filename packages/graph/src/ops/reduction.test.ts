import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gradients } from '../gradients.ts';
import { sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { apply, difference, valueOf } from '../testing/apply.ts';
import { broadcastableTo, forAll, seeds, shapes, shapesWithAxes } from '../testing/arbitraries.ts';
import { elementAt, indicesOf } from '../testing/indices.ts';
import { constant } from './leaf.ts';
import { max, mean, sum, sumTo } from './reduction.ts';

const table = constant(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);

test('reduced axes are kept with size 1, and negative axes count from the back', () => {
  expect(sum(table, [0]).shape).toEqual([1, 3]);
  expect(sum(table).shape).toEqual([1, 1]);
  expect(valueOf(sum(table, [0]))).toEqual([5, 7, 9]);
  expect(valueOf(sum(table, [-1]))).toEqual([6, 15]);
  expect(valueOf(sum(table))).toEqual([21]);
  expect(valueOf(max(table, [1]))).toEqual([3, 6]);
  expect(valueOf(mean(table, [0]))).toEqual([2.5, 3.5, 4.5]);
});

describe('reductions over any axes of any shape', () => {
  test.each<[string, (x: Tensor, axes: number[]) => Tensor, (group: number[]) => number]>([
    ['sum', sum, (group) => group.reduce((total, x) => total + x)],
    ['max', max, (group) => Math.max(...group)],
    ['mean', mean, (group) => group.reduce((total, x) => total + x) / group.length],
  ])('%s', (_, op, reduceGroup) => {
    forAll(fc.tuple(shapesWithAxes, seeds), ([{ shape, axes }, seed]) => {
      const result = apply((x) => op(x, axes), [shape], seed);
      const expected = indicesOf(result.shape).map((kept) => {
        const group = indicesOf(shape).filter((index) =>
          index.every((i, axis) => axes.includes(axis) || i === kept[axis]),
        );
        return reduceGroup(group.map((index) => elementAt(result.operands[0], shape, index)));
      });
      expect(difference(result.value, expected)).toBeLessThan(1e-12);
    });
  });
});

test('tied maxima share the gradient', () => {
  const x = constant(Float32Array.of(1, 5, 5, 2, 0, 1), [2, 3]);
  const [gradient] = gradients(sum(max(x, [1])), [x]);
  expect(valueOf(gradient)).toEqual([0, 0.5, 0.5, 1, 0, 0]);
});

test('sumTo undoes broadcasting: it is the adjoint of broadcastTo', () => {
  const cases = shapes().chain((to) =>
    fc.record({ to: fc.constant(to), from: broadcastableTo(to), seed: seeds }),
  );
  forAll(cases, ({ from, to, seed }) => {
    const { operands, shape, value } = apply((x) => sumTo(x, from), [to], seed);
    expect(shape).toEqual(from);
    // Each element of the smaller tensor sums those that it would be broadcast to.
    const expected = new Float64Array(sizeOf(from));
    for (const [i, index] of indicesOf(to).entries()) {
      const own = index.slice(to.length - from.length).map((j, axis) => (from[axis] === 1 ? 0 : j));
      expected[own.reduce((position, j, axis) => position * from[axis] + j, 0)] += operands[0][i];
    }
    expect(difference(value, expected)).toBeLessThan(1e-12);
  });
});
