import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Tensor } from '../tensor.ts';
import { apply, difference, valueOf } from '../testing/apply.ts';
import { forAll, seeds, shapes } from '../testing/arbitraries.ts';
import { add, div, mul, sqrt, sub } from './elementwise.ts';
import { constant } from './leaf.ts';
import { inverseDeviation, layerNorm, normalize } from './normalization.ts';
import { mean } from './reduction.ts';

test('normalizes a row of known mean and deviation', () => {
  const x = constant(Float32Array.of(1, 3, 5, 5), [2, 2]);
  // Means 2 and 5, variances 1 and 0.
  const inverse = 1 / Math.sqrt(1.25);
  expect(valueOf(normalize(x, 0.25))).toEqual([-inverse, inverse, 0, 0]);
  expect(valueOf(inverseDeviation(x, 0.25))).toEqual([inverse, 2]);
});

test('both ops equal their formula in other ops', () => {
  forAll(fc.tuple(shapes(1, 4), seeds), ([shape, seed]) => {
    const deviation = (x: Tensor) => {
      const centred = sub(x, mean(x, [-1]));
      return sqrt(add(mean(mul(centred, centred), [-1]), 1e-3));
    };
    const { value } = apply((x) => normalize(x, 1e-3), [shape], seed);
    expect(
      difference(value, apply((x) => div(sub(x, mean(x, [-1])), deviation(x)), [shape], seed).value),
    ).toBeLessThan(1e-11);
    const inverse = apply((x) => inverseDeviation(x, 1e-3), [shape], seed);
    expect(inverse.shape).toEqual([...shape.slice(0, -1), 1]);
    expect(difference(inverse.value, apply((x) => div(1, deviation(x)), [shape], seed).value)).toBeLessThan(
      1e-11,
    );
  });
});

test('layer norm scales and shifts along the last axis', () => {
  const x = constant(Float32Array.of(1, 3, 3, 1), [2, 2]);
  const normalized = layerNorm(
    x,
    constant(Float32Array.of(2, 3), [2]),
    constant(Float32Array.of(10, 20), [2]),
    0,
  );
  expect(valueOf(normalized)).toEqual([8, 23, 12, 17]);
});
