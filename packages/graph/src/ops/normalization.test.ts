import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { apply, difference, valueOf } from '../testing/apply.ts';
import { forAll, seeds, shapes } from '../testing/arbitraries.ts';
import { elementAt, indicesOf } from '../testing/indices.ts';
import { add, div, mul, sqrt, sub } from './elementwise.ts';
import { constant, input } from './leaf.ts';
import { groupNorm, inverseDeviation, layerNorm, normalize } from './normalization.ts';
import { mean } from './reduction.ts';

test('a row of known mean and deviation', () => {
  const x = constant(Float32Array.of(1, 3, 5, 5), [2, 2]);
  // Means 2 and 5, variances 1 and 0.
  const inverse = 1 / Math.sqrt(1.25);
  expect(valueOf(normalize(x, 0.25))).toEqual([-inverse, inverse, 0, 0]);
  expect(valueOf(inverseDeviation(x, 0.25))).toEqual([inverse, 2]);
});

test('both equal their formula written with other ops', () => {
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

test('group norm: each group of channels of each picture by its own mean and variance', () => {
  const cases = fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    groups: fc.integer({ min: 1, max: 3 }),
    perGroup: fc.integer({ min: 1, max: 3 }),
    space: shapes(0, 2),
    seed: seeds,
  });
  forAll(cases, ({ batch, groups, perGroup, space, seed }) => {
    const channels = groups * perGroup;
    const shape = [batch, channels, ...space];
    const { operands, value } = apply(
      (x, weight, bias) => groupNorm(x, groups, weight, bias, 1e-2),
      [shape, [channels], [channels]],
      seed,
    );
    const [x, weight, bias] = operands;
    const indices = indicesOf(shape);
    const groupOf = ([picture, channel]: number[]) => picture * groups + Math.floor(channel / perGroup);
    const expected = indices.map((index) => {
      const members = indices.filter((other) => groupOf(other) === groupOf(index));
      const group = members.map((other) => elementAt(x, shape, other));
      expect(group).toHaveLength(perGroup * sizeOf(space));
      const centre = group.reduce((total, value) => total + value) / group.length;
      const variance = group.reduce((total, value) => total + (value - centre) ** 2, 0) / group.length;
      const normalized = (elementAt(x, shape, index) - centre) / Math.sqrt(variance + 1e-2);
      return normalized * weight[index[1]] + bias[index[1]];
    });
    expect(difference(value, expected)).toBeLessThan(1e-12);
  });
});

test('channels that do not make whole groups are refused', () => {
  const x = input('x', [1, 6, 2, 2]);
  expect(() => groupNorm(x, 4, constant(1, [6]), constant(0, [6]), 1e-5)).toThrow(
    'groupNorm(1x6x2x2): 6 channels do not make 4 groups',
  );
});
