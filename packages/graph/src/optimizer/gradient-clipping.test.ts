import { expect, test } from 'vitest';
import { constant } from '../ops/leaf.ts';
import { difference, valueOf } from '../testing/apply.ts';
import { clipByGlobalNorm, globalNorm } from './gradient-clipping.ts';

// 1 + 4 + 4 + 16 = 25
const gradients = {
  matrix: constant(Float32Array.of(1, 2, -2), [1, 3]),
  scalar: constant(-4),
};

test('the norm is over all elements of all gradients', () => {
  expect(globalNorm(gradients).shape).toEqual([]);
  expect(valueOf(globalNorm(gradients))).toEqual([5]);
  expect(() => globalNorm({})).toThrow('globalNorm: there are no gradients.');
});

test('gradients above the norm are scaled by one factor, others stay unchanged', () => {
  const long = clipByGlobalNorm(gradients, 2.5);
  expect(valueOf(long.norm)).toEqual([5]);
  expect(long.gradients['matrix'].shape).toEqual([1, 3]);
  expect(difference(valueOf(long.gradients['matrix']), [0.5, 1, -1])).toBeLessThan(1e-6);
  expect(difference(valueOf(long.gradients['scalar']), [-2])).toBeLessThan(1e-6);

  const short = clipByGlobalNorm(gradients, 6);
  expect(valueOf(short.gradients['matrix'])).toEqual([1, 2, -2]);
  expect(valueOf(short.norm)).toEqual([5]);
});

test('gradients of zero stay zero', () => {
  expect(valueOf(clipByGlobalNorm({ zero: constant(0, [2]) }, 1).gradients['zero'])).toEqual([0, 0]);
});
