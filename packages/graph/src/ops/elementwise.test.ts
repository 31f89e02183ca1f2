import { describe, expect, test } from 'vitest';
import { gradients } from '../gradients.ts';
import { apply, difference, valueOf } from '../testing/apply.ts';
import { broadcastablePairs, forAll, seeds, shapes } from '../testing/arbitraries.ts';
import { broadcastElementAt, indicesOf } from '../testing/indices.ts';
import { awayFromZero, positive } from '../testing/random.ts';
import type { Tensor } from '../tensor.ts';
import * as fc from 'fast-check';
import {
  abs,
  add,
  cos,
  div,
  equal,
  erfOf,
  exp,
  greater,
  log,
  maximum,
  minimum,
  mul,
  neg,
  select,
  sigmoid,
  sin,
  sqrt,
  sub,
  tanh,
} from './elementwise.ts';
import { constant, input } from './leaf.ts';
import { sum } from './reduction.ts';

const one = (x: number) => constant(x, [1]);

describe('values known in closed form', () => {
  test.each<[string, Tensor, number]>([
    ['-3', neg(constant(3)), -3],
    ['e', exp(constant(1)), Math.E],
    ['ln 10', log(constant(10)), Math.LN10],
    ['sqrt 2', sqrt(constant(2)), Math.SQRT2],
    ['sin 30 degrees', sin(constant(Math.PI / 6)), 0.5],
    ['cos 60 degrees', cos(constant(Math.PI / 3)), 0.5],
    ['tanh ln 2', tanh(constant(Math.LN2)), 0.6],
    ['sigmoid ln 3', sigmoid(constant(Math.log(3))), 0.75],
    ['erf 1', erfOf(constant(1)), 0.8427007929497149],
    ['|-2|', abs(constant(-2)), 2],
    ['|2|', abs(constant(2)), 2],
  ])('%s', (_, tensor, expected) => {
    expect(valueOf(tensor)[0]).toBeCloseTo(expected, 14);
  });

  test('the sigmoid saturates without overflow', () => {
    expect(valueOf(sigmoid(constant(Float32Array.of(-1000, 1000), [2])))).toEqual([0, 1]);
  });
});

describe('identities hold for any shape', () => {
  test.each<[string, (x: Tensor) => Tensor, (x: Tensor) => Tensor]>([
    ['exp(log x) = x', (x) => exp(log(x)), (x) => add(x, 0)],
    ['sqrt(x)^2 = x', (x) => mul(sqrt(x), sqrt(x)), (x) => add(x, 0)],
    ['sin^2 + cos^2 = 1', (x) => add(mul(sin(x), sin(x)), mul(cos(x), cos(x))), (x) => sub(x, sub(x, 1))],
    ['sigmoid(x) = (1 + tanh(x / 2)) / 2', sigmoid, (x) => div(add(1, tanh(div(x, 2))), 2)],
    ['tanh = sinh / cosh', tanh, (x) => div(sub(exp(x), exp(neg(x))), add(exp(x), exp(neg(x))))],
    ['|x| = max(x, -x)', (x) => abs(neg(x)), (x) => maximum(x, neg(x))],
  ])('%s', (_, left, right) => {
    forAll(fc.tuple(shapes(), seeds), ([shape, seed]) => {
      expect(
        difference(apply(left, [shape], seed, positive).value, apply(right, [shape], seed, positive).value),
      ).toBeLessThan(1e-12);
    });
  });
});

describe('operands broadcast', () => {
  test.each<[string, (a: Tensor, b: Tensor) => Tensor, (a: number, b: number) => number]>([
    ['add', add, (a, b) => a + b],
    ['sub', sub, (a, b) => a - b],
    ['mul', mul, (a, b) => a * b],
    ['div', div, (a, b) => a / b],
    ['maximum', maximum, (a, b) => (a > b ? a : b)],
    ['minimum', minimum, (a, b) => (a < b ? a : b)],
    ['greater', greater, (a, b) => (a > b ? 1 : 0)],
  ])('%s', (_, op, formula) => {
    forAll(fc.tuple(broadcastablePairs(0, 5), seeds), ([pair, seed]) => {
      const { operands, shape, value } = apply(op, pair, seed, awayFromZero);
      const expected = indicesOf(shape).map((index) => {
        const [a, b] = pair.map((own, i) => broadcastElementAt(operands[i], own, index));
        return formula(a, b);
      });
      expect(difference(value, expected)).toBe(0);
    });
  });
});

test('greater and equal compare element by element', () => {
  const a = constant(Float32Array.of(1, 2, 3), [3]);
  expect(valueOf(equal(a, 2))).toEqual([0, 1, 0]);
  expect(valueOf(greater(a, 2))).toEqual([0, 0, 1]);
  expect(valueOf(greater(2, a))).toEqual([1, 0, 0]);
});

test('no gradient flows through comparisons', () => {
  const x = input('x', [3]);
  for (const comparison of [greater(x, 0.5), greater(0.5, x), equal(x, x)]) {
    const [gradient] = gradients(sum(comparison), [x]);
    expect(valueOf(gradient)).toEqual([0, 0, 0]);
  }
});

test('select picks each element from one side or the other', () => {
  const mask = constant(Int32Array.of(1, 0, -2, 0), [2, 2], 'i32');
  const chosen = select(mask, constant(7, [2, 2]), constant(Float32Array.of(1, 2, 3, 4), [2, 2]));
  expect(valueOf(chosen)).toEqual([7, 2, 7, 4]);
  expect(chosen.dtype).toBe('f32');
});

test('the gradient of a tie in maximum and minimum goes to the second operand', () => {
  const [a, b] = [one(2), one(2)];
  for (const op of [maximum, minimum]) {
    const found = gradients(op(a, b), [a, b]);
    expect(found.map(valueOf)).toEqual([[0], [1]]);
  }
});

test('a number takes the element type of the other operand', () => {
  const half = input('half', [2], 'f16');
  expect(sub(1, half).dtype).toBe('f16');
  expect(mul(half, 2).dtype).toBe('f16');
  expect(equal(input('index', [2], 'i32'), 3).dtype).toBe('i32');
  expect(() => add(half, input('full', [2]))).toThrow(
    'add(f16, f32): its operands must have the same element type; cast them',
  );
});
