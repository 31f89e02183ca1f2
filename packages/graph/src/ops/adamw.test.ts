import { expect, test } from 'vitest';
import { gradients } from '../gradients.ts';
import { valueOf } from '../testing/apply.ts';
import { adamw } from './adamw.ts';
import { constant } from './leaf.ts';
import { sum } from './reduction.ts';

const operands = {
  parameter: constant(Float32Array.of(2, -1), [2]),
  firstMoment: constant(Float32Array.of(0.5, -0.25), [2]),
  secondMoment: constant(Float32Array.of(4, 0.25), [2]),
  learningRate: constant(0.5),
  correction1: constant(0.5),
  correction2: constant(0.25),
};

test('decays, then subtracts the bias-corrected first moment over the root of the second', () => {
  // First element: 2 (1 - 0.5 0.25) - 0.5 / 0.5 * 0.5 / (sqrt(4) / sqrt(0.25) + 1) = 1.75 - 0.1.
  // Second: -1 (1 - 0.5 0.25) + 0.5 / 0.5 * 0.25 / (sqrt(0.25) / sqrt(0.25) + 1) = -0.875 + 0.125.
  expect(valueOf(adamw(operands, { epsilon: 1, weightDecay: 0.25 }))).toEqual([1.65, -0.75]);
});

test('is not differentiated', () => {
  const stepped = adamw(operands, { epsilon: 1, weightDecay: 0 });
  expect(() => gradients(sum(stepped), [operands.parameter])).toThrow(
    'adamw: an optimizer step is not differentiated',
  );
});
