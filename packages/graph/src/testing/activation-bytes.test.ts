import { expect, test } from 'vitest';
import { activationBytes } from './activation-bytes.ts';
import { after } from '../ops/after.ts';
import { cast } from '../ops/cast.ts';
import { add, exp, mul, neg } from '../ops/elementwise.ts';
import { constant, input, state } from '../ops/leaf.ts';
import { matmul } from '../ops/matmul.ts';
import { reshape } from '../ops/movement.ts';
import { sum } from '../ops/reduction.ts';
import { program } from '../program.ts';

test('equals a count by hand', () => {
  const x = input('x', [10, 2]); // held by the caller
  const w = state('w', [2, 5]); // held by the state
  const h = matmul(x, w); // 200 bytes: 200
  const e = exp(h); // 200: 400, then h goes: 200
  const n = neg(e); // 200: 400
  const p = mul(e, n); // 200: 600, then e and n go: 200
  const loss = sum(p); // 4: 204
  expect(activationBytes(program({ outputs: { loss }, updates: { w: add(w, 1) } }))).toBe(600);
});

test('results live to the end of the program, used or not', () => {
  const x = input('x', [10]);
  const [a, b, c] = [exp(x), neg(x), mul(x, x)];
  expect(activationBytes(program({ outputs: { a, b, c } }))).toBe(120);
});

test('a reshape shares the buffer of its operand, which lives until the last use of either', () => {
  const x = input('x', [10, 2]);
  const h = exp(x); // 80
  const flat = reshape(h, [20]); // the same 80
  const other = neg(x); // 160, while the flat view is live
  const y = add(other, reshape(flat, [10, 2])); // 240
  expect(activationBytes(program({ outputs: { y } }))).toBe(240);
});

test('so does a value that only waits for another', () => {
  const x = input('x', [10]);
  const h = exp(x); // 40
  const trigger = neg(h); // 80
  const y = mul(after(h, trigger), 2); // 80: h is live, the trigger is not
  expect(activationBytes(program({ outputs: { y } }))).toBe(80);
});

test('leaves and constants need no buffer, and f16 values half of one', () => {
  const x = input('x', [8]);
  expect(activationBytes(program({ outputs: { x, c: constant(1, [1000]) } }))).toBe(0);
  expect(activationBytes(program({ outputs: { half: cast(x, 'f16') } }))).toBe(16);
});
