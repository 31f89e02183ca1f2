import { expect, test } from 'vitest';
import { quickGelu, silu } from './activations.ts';
import { gelu } from './ops/elementwise.ts';
import { constant } from './ops/leaf.ts';
import { difference, valueOf } from './testing/apply.ts';
import { gradientError } from './testing/gradient-error.ts';

const x = constant(Float32Array.of(-2, -0.5, 0, 1, 3), [5]);

// The formulas in Python's float64, with its math.exp and math.erf.
test.each([
  ['silu', silu, [-0.2384058440442351, -0.1887703343990727, 0, 0.7310585786300049, 2.8577223804672998]],
  ['gelu', gelu, [-0.04550026389635842, -0.15426876936299344, 0, 0.8413447460685429, 2.99595030590511]],
  [
    'quickGelu',
    quickGelu,
    [-0.06434137685579186, -0.1496115633936199, 0, 0.8457957659328212, 2.981928690292214],
  ],
] as const)('%s', (_, activation, expected) => {
  expect(difference(valueOf(activation(x)), expected)).toBeLessThan(1e-15);
  expect(gradientError(activation, [[2, 3]])).toBeLessThan(1e-6);
  expect(activation(x).shape).toEqual([5]);
});
