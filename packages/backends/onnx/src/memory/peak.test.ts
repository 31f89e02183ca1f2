import { add, exp, input, matmul, mul, reshape, sin, type Tensor } from '@rewardedit/graph';
import { expect, test } from 'vitest';
import { lower } from '../lowering/lower.ts';
import { peakBytes, resultBytes } from './peak.ts';

const x = input('x', [10, 10]); // 400 bytes, held by the caller
const modelFor = (result: Tensor) => lower({ result }, { frozen: new Set(), fusedMatMul: true }).model;
const peakOf = (result: Tensor) => peakBytes(modelFor(result));

test('element-wise results reuse the buffer of their operand', () => {
  expect(peakOf(exp(sin(exp(x))))).toBe(400);
});

test('an operand with a later use is kept', () => {
  const h = exp(x); // 400
  expect(peakOf(mul(sin(h), h))).toBe(800);
});

test('a product needs its own buffer, a view none', () => {
  const h = matmul(x, x); // 400
  expect(peakOf(matmul(reshape(h, [10, 10]), x))).toBe(800);
  expect(peakOf(exp(reshape(h, [100])))).toBe(400);
});

test('a buffer that a later value of the same shape reuses is kept until then', () => {
  const tall = (value: Tensor) => matmul(matmul(value, x), input('wide', [10, 1000]));
  const narrow = (value: Tensor) => matmul(value, input('high', [1000, 10]));
  // Between its first and last value, a buffer of 400 bytes waits next to the wide ones of 40000.
  const once = narrow(tall(x));
  expect(peakOf(once)).toBe(40_400);
  expect(peakOf(add(matmul(narrow(tall(once)), x), 1))).toBeGreaterThanOrEqual(40_400);
});

test('counts results', () => {
  expect(resultBytes(modelFor(exp(x)))).toBe(400);
});

test('results written to existing memory need none', () => {
  const { model, values } = lower({ result: matmul(exp(x), x) }, { frozen: new Set(), fusedMatMul: true });
  const elsewhere = new Set([values['result']]);
  expect(peakBytes(model)).toBe(800);
  expect(peakBytes(model, elsewhere)).toBe(400);
  expect(resultBytes(model, (name) => !elsewhere.has(name))).toBe(0);
});
