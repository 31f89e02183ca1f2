import { expect, test } from 'vitest';
import { gradients } from '../gradients.ts';
import { valueOf } from '../testing/apply.ts';
import { cast } from './cast.ts';
import { mul } from './elementwise.ts';
import { constant } from './leaf.ts';
import { sum } from './reduction.ts';

const x = constant(Float32Array.of(1.75, -1.75), [2]);

test('truncates to integers, and keeps values between float types', () => {
  expect(cast(x, 'i32').dtype).toBe('i32');
  expect(valueOf(cast(x, 'i32'))).toEqual([1, -1]);
  expect(valueOf(cast(x, 'f16'))).toEqual([1.75, -1.75]);
  expect(cast(x, 'f32')).toBe(x);
});

test('passes no gradient through integers', () => {
  const rounded = cast(cast(x, 'i32'), 'f32');
  const [gradient] = gradients(sum(mul(rounded, x)), [x]);
  expect(valueOf(gradient)).toEqual([1, -1]);
});

test('has a gradient in the element type of its input', () => {
  const [gradient] = gradients(sum(cast(x, 'f16')), [x]);
  expect(gradient.dtype).toBe('f32');
  const half = cast(x, 'f16');
  expect(gradients(sum(mul(half, half)), [half])[0].dtype).toBe('f16');
});
