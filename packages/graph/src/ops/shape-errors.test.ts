import { expect, test } from 'vitest';
import type { Tensor } from '../tensor.ts';
import type { Shape } from '../shape.ts';
import { adamw } from './adamw.ts';
import { attention } from './attention.ts';
import { softmax } from './softmax.ts';
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from './convolution.ts';
import { add, select } from './elementwise.ts';
import { gather, scatterAdd } from './gather.ts';
import { groupNorm } from './group-norm.ts';
import { constant } from './leaf.ts';
import { matmul } from './matmul.ts';
import { broadcastTo, concat, pad, reshape, slice, transpose } from './movement.ts';
import { inverseDeviation, normalize } from './normalization.ts';
import { max, sum } from './reduction.ts';
import { resizeNearest } from './resize.ts';

const x = (...shape: Shape) => constant(0, shape);
const scalar = x();
const moments = { firstMoment: x(3), secondMoment: x(3) };
const rates = { learningRate: scalar, correction1: scalar, correction2: scalar };
const settings = { epsilon: 1, weightDecay: 0 };

test.each<[message: string, build: () => Tensor]>([
  ['add(2x3, 2): the shapes do not broadcast against each other', () => add(x(2, 3), x(2))],
  ['select(2, 2, 1): the mask and both operands must have the same shape', () => select(x(2), x(2), x(1))],
  ['sum(2x3): axes [2] are out of range', () => sum(x(2, 3), [2])],
  ['sum(2x3): axes [-1] are out of range', () => sum(x(2, 3), [-3])],
  ['max(2x3): axes [1, 1] contain a duplicate', () => max(x(2, 3), [1, -1])],
  ['matmul(2x3, 2x4): the inner sizes differ: 3 and 2', () => matmul(x(2, 3), x(2, 4))],
  ['matmul(3, 3x1): both operands need at least two axes', () => matmul(x(3), x(3, 1))],
  ['matmul(2x1x1, 3x1x1): the leading axes do not broadcast', () => matmul(x(2, 1, 1), x(3, 1, 1))],
  [
    'conv2d(1x3x4x4, 8x4x3x3): x has 3 channels, the weight expects 4',
    () => conv2d(x(1, 3, 4, 4), x(8, 4, 3, 3)),
  ],
  [
    'conv2d(3x4x4, 8x3x3x3): needs x as [N, C, H, W] and the weight as [O, C, KH, KW]',
    () => conv2d(x(3, 4, 4), x(8, 3, 3, 3)),
  ],
  [
    'conv2d(1x1x2x9, 1x1x3x3): the kernel is larger than the padded picture',
    () => conv2d(x(1, 1, 2, 9), x(1, 1, 3, 3)),
  ],
  [
    'conv2d(1x1x4x4, 1x1x1x1): stride 0 or padding [0, 0, 0, 0] is not a count',
    () => conv2d(x(1, 1, 4, 4), x(1, 1, 1, 1), { stride: 0 }),
  ],
  [
    'conv2d(1x1x4x4, 1x1x1x1): stride 1 or padding [1, -1, 0, 0] is not a count',
    () => conv2d(x(1, 1, 4, 4), x(1, 1, 1, 1), { padding: [1, -1, 0, 0] }),
  ],
  [
    "conv2dInputGradient(1x1x4x4, 1x1x3x3): the output's gradient should be 1x1x2x2",
    () =>
      conv2dInputGradient(x(1, 1, 4, 4), x(1, 1, 3, 3), {
        stride: 1,
        padding: [0, 0, 0, 0],
        shape: [1, 1, 4, 4],
      }),
  ],
  [
    "conv2dWeightGradient(1x1x4x4, 1x1x4x4): the output's gradient should be 1x1x2x2",
    () =>
      conv2dWeightGradient(x(1, 1, 4, 4), x(1, 1, 4, 4), {
        stride: 1,
        padding: [0, 0, 0, 0],
        shape: [1, 1, 3, 3],
      }),
  ],
  ['normalize(scalar): needs at least one axis', () => normalize(scalar, 1)],
  ['inverseDeviation(scalar): needs at least one axis', () => inverseDeviation(scalar, 1)],
  ['groupNorm(4, 4, 4): needs x as [N, C, ...]', () => groupNorm(x(4), 2, x(4), x(4), 1)],
  [
    'groupNorm(1x6x2x2, 6, 6): 6 channels do not divide into 4 groups',
    () => groupNorm(x(1, 6, 2, 2), 4, x(6), x(6), 1),
  ],
  [
    'groupNorm(2x4x3, 4, 3x4): weight and bias should be 4 or 2x4',
    () => groupNorm(x(2, 4, 3), 2, x(4), x(3, 4), 1),
  ],
  ['softmax(scalar): needs at least one axis', () => softmax(scalar)],
  [
    'attention(2x3, 3, 3): queries, keys and values need at least two axes',
    () => attention(x(2, 3), x(3), x(3), { scale: 1 }),
  ],
  [
    'attention(2x3, 4x5, 4x2): queries and keys must have the same width',
    () => attention(x(2, 3), x(4, 5), x(4, 2), { scale: 1 }),
  ],
  [
    'attention(2x3, 4x3, 5x2): the numbers of keys and values must be equal',
    () => attention(x(2, 3), x(4, 3), x(5, 2), { scale: 1 }),
  ],
  [
    'attention(1x2x3, 4x3, 4x2): the leading axes must be equal',
    () => attention(x(1, 2, 3), x(4, 3), x(4, 2), { scale: 1 }),
  ],
  [
    'attention(2x3, 4x3, 4x2, 2x2): the mask does not broadcast to 2x4',
    () => attention(x(2, 3), x(4, 3), x(4, 2), { scale: 1, mask: x(2, 2) }),
  ],
  [
    'attention(2x3, 4x3, 4x2, 5x2x4): the mask does not broadcast to 2x4',
    () => attention(x(2, 3), x(4, 3), x(4, 2), { scale: 1, mask: x(5, 2, 4) }),
  ],
  ['reshape(2x3): 6 elements do not fit 4x2', () => reshape(x(2, 3), [4, 2])],
  ['reshape(2x3): 6 elements do not fit 4x1.5', () => reshape(x(2, 3), [4, 1.5])],
  ['broadcastTo(2x3): does not broadcast to 3', () => broadcastTo(x(2, 3), [3])],
  ['broadcastTo(2x3): does not broadcast to 4x3', () => broadcastTo(x(2, 3), [4, 3])],
  ['transpose(2x3): [0, 0] is not a permutation of its 2 axes', () => transpose(x(2, 3), [0, 0])],
  ['slice(2x3): a block of 2x3 from [1, 0] is out of range', () => slice(x(2, 3), [1, 0], [2, 3])],
  ['slice(2x3): a block of 2x1.5 from [0, 0] is out of range', () => slice(x(2, 3), [0, 0], [2, 1.5])],
  ['pad(2x3): needs one count of 0 or more per axis, not [1] and [0, 0]', () => pad(x(2, 3), [1], [0, 0])],
  ['pad(2): needs one count of 0 or more per axis, not [-1] and [0]', () => pad(x(2), [-1], [0])],
  ['concat(2x3, 2x3): axis 2 is out of range', () => concat([x(2, 3), x(2, 3)], 2)],
  ['concat(2x3, 4x3): all axes except 1 must be equal', () => concat([x(2, 3), x(4, 3)], 1)],
  ['concat(): needs at least one tensor', () => concat([], 0)],
  ['gather(scalar, 2): the table needs at least one axis', () => gather(scalar, x(2))],
  ['scatterAdd(2, 3x4): every index needs one update', () => scatterAdd(x(2), x(3, 4), 5)],
  ['resizeNearest(2x3): needs [N, C, H, W] and a size above zero', () => resizeNearest(x(2, 3), 2, 2)],
  [
    'resizeNearest(1x1x2x2): needs [N, C, H, W] and a size above zero',
    () => resizeNearest(x(1, 1, 2, 2), 0, 2),
  ],
  [
    'adamw(3, 2, 3, scalar, scalar, scalar): the moments must have the shape of the parameter',
    () => adamw({ parameter: x(3), ...moments, firstMoment: x(2), ...rates }, settings),
  ],
  [
    'adamw(3, 3, 2, scalar, scalar, scalar): the moments must have the shape of the parameter',
    () => adamw({ parameter: x(3), ...moments, secondMoment: x(2), ...rates }, settings),
  ],
  [
    'adamw(3, 3, 3, 1, scalar, scalar): needs the learning rate and two bias corrections as scalars',
    () => adamw({ parameter: x(3), ...moments, ...rates, learningRate: x(1) }, settings),
  ],
])('%s', (message, build) => {
  expect(build).toThrow(expect.objectContaining({ name: 'ShapeError', message }));
});

test('a constant needs as many values as its shape has elements', () => {
  expect(() => constant(new Float32Array(3), [2, 2])).toThrow(
    'A constant of shape [2, 2] needs 4 values, not 3.',
  );
});
