import { describe, expect, test } from 'vitest';
import { evaluateTensors } from './evaluate.ts';
import { gradients } from './gradients.ts';
import { add, exp, mul, sin } from './ops/elementwise.ts';
import { constant, input, state } from './ops/leaf.ts';
import { matmul } from './ops/matmul.ts';
import { normalize } from './ops/normalization.ts';
import { sum } from './ops/reduction.ts';
import { node, type Op, type Tensor } from './tensor.ts';
import { valueOf } from './testing/apply.ts';
import { gradientError } from './testing/gradient-error.ts';

const at = (x: number) => constant(x);

test('the gradient of a tensor sums over all its uses', () => {
  const x = at(3);
  // x + x^2 + x^3
  const loss = add(add(x, mul(x, x)), mul(mul(x, x), x));
  expect(gradients(loss, [x]).map(valueOf)).toEqual([[1 + 6 + 27]]);
});

test('a diamond is differentiated once, after both branches', () => {
  const x = at(2);
  const middle = mul(x, x);
  const loss = mul(add(middle, 1), add(middle, 2));
  // (x^2 + 1)(x^2 + 2) = x^4 + 3 x^2 + 2
  expect(gradients(loss, [x, middle]).map(valueOf)).toEqual([[4 * 8 + 6 * 2], [2 * 4 + 3]]);
});

test('a tensor that the loss does not depend on has a zero gradient of its shape and element type', () => {
  const [unused] = [input('unused', [2, 3], 'f16')];
  const [gradient] = gradients(at(1), [unused]);
  expect(valueOf(gradient)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(gradient).toMatchObject({ shape: [2, 3], dtype: 'f16' });
});

test('a target may be an inner node, with another target below it', () => {
  const x = at(0.5);
  const inner = sin(x);
  const loss = mul(inner, inner);
  const [forX, forInner] = gradients(loss, [x, inner]).map(valueOf);
  expect(forInner[0]).toBeCloseTo(2 * Math.sin(0.5), 14);
  expect(forX[0]).toBeCloseTo(2 * Math.sin(0.5) * Math.cos(0.5), 14);
});

test('the gradient of the loss with respect to itself is one', () => {
  const loss = sum(input('x', [2, 2]));
  const [gradient] = gradients(loss, [loss]);
  expect(gradient.shape).toEqual([1, 1]);
  expect(valueOf(gradient)).toEqual([1]);
});

test('a loss of more than one element is rejected', () => {
  expect(() => gradients(input('x', [2]), [])).toThrow('gradients(2): the loss must be a single number');
});

test('a leaf declared twice under one name is one value, whose gradient sums over both', () => {
  const first = state('w', []);
  const again = state('w', []);
  const loss = mul(first, mul(again, again));
  const values = { state: { w: [2] }, inputs: { w: [5] } };
  for (const target of [first, again, state('w', [])]) {
    expect(evaluateTensors(gradients(loss, [target]), values)).toEqual([Float64Array.of(12)]);
  }
  // An input may share its name with a state entry and is a different value.
  expect(evaluateTensors(gradients(loss, [input('w', [])]), values)).toEqual([Float64Array.of(0)]);
});

describe('gradients of gradients', () => {
  test('a penalty on the norm of a gradient', () => {
    const network = (x: Tensor, w: Tensor) => normalize(matmul(sin(matmul(x, w)), w), 0.1);
    const penalty = (x: Tensor, w: Tensor) => {
      const [gradient] = gradients(sum(exp(network(x, w))), [x]);
      return mul(gradient, gradient);
    };
    expect(
      gradientError(penalty, [
        [3, 4],
        [4, 4],
      ]),
    ).toBeLessThan(1e-6);
  });

  test('the third derivative of x^4 is 24 x', () => {
    const x = at(1.5);
    let derivative: Tensor = mul(mul(x, x), mul(x, x));
    for (let order = 0; order < 3; order++) [derivative] = gradients(derivative, [x]);
    expect(valueOf(derivative)).toEqual([36]);
  });
});

describe('a gradient rule with a wrong result is named', () => {
  const wrong = (gradient: Op['gradient']) => {
    const x = input('x', [2]);
    const op: Op = { ...(x.op as Op), name: 'wrong', shape: () => [], dtype: () => 'f32', gradient };
    return () => gradients(node(op, [x], null), [x]);
  };

  test.each<[string, Op['gradient'], string]>([
    ['too few', () => [], '0 gradients for 1 inputs'],
    ['another shape', () => [constant(0, [3])], '3 f32 for input 0, which is 2 f32'],
    ['another type', () => [constant(0, [2], 'f16')], '2 f16 for input 0, which is 2 f32'],
  ])('%s', (_, gradient, message) => {
    expect(wrong(gradient)).toThrow(`The gradient rule of the op "wrong" is wrong: it returns ${message}.`);
  });
});
