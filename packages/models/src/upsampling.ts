import {
  add,
  concat,
  constant,
  conv2d,
  matmul,
  reshape,
  resizeNearest,
  type DType,
  type Tensor,
} from '@rewardedit/graph';
import { convolution, convolutionParameters } from './layers.ts';
import type { Scope } from './parameters.ts';

const KERNEL = 3;

/** Repeats pixels until x [B, C, H, W] has the given height and width, then convolves it (diffusers' `Upsample2D`). */
export function upsampler(
  scope: Scope,
  x: Tensor,
  [height, width]: readonly number[],
  channels: number,
): Tensor {
  const place = scope.at('conv');
  const doubled = height === 2 * x.shape[2] && width === 2 * x.shape[3];
  const enlarged = doubled
    ? place.trace(doubledConvolution(place, x, channels))
    : convolution(place, resizeNearest(x, height, width), channels, { kernel: KERNEL, padding: 1 });
  return scope.trace(enlarged);
}

/**
 * The convolution of x with every pixel repeated 2x2, without repeating them: of the 3x3 pixels under the kernel, two
 * rows and two columns at a time are the same, so that an output pixel is a sum over 2x2 pixels of x with four weights, each a
 * sum of some of the nine. Which, depends on whether its row and column are even or odd. That makes four convolutions
 * that together do four ninths of the work.
 */
function doubledConvolution(scope: Scope, x: Tensor, channels: number): Tensor {
  const [batch, inputs, height, width] = x.shape;
  const { weight, bias } = convolutionParameters(scope, inputs, channels, { kernel: KERNEL });
  const kernels = reshape(weight, [channels * inputs, KERNEL ** 2]);
  const parts = [0, 1].flatMap((row) =>
    [0, 1].map((column) => {
      const summed = reshape(matmul(kernels, tapsUnder(row, column, x.dtype)), [channels, inputs, 2, 2]);
      const convolved = add(conv2d(x, summed, { padding: [1 - row, 1 - column, row, column] }), bias);
      return reshape(convolved, [batch, channels, height, 1, width]);
    }),
  );
  // The four lie behind one another; a product brings the columns of each pair into turn.
  const rows = reshape(concat(parts, 3), [batch * channels * height * 2, 2 * width]);
  return reshape(matmul(rows, inTurn(width, x.dtype)), [batch, channels, 2 * height, 2 * width]);
}

/** Which of two neighbours in x lies under tap `tap` of the kernel, for output pixels of this parity. */
function neighbour(tap: number, parity: number): number {
  return Math.floor((parity + tap + 1) / 2) - parity;
}

/** The matrix [3x3, 2x2] that says with a 1 which of the kernel's taps see which pixel of x. */
function tapsUnder(row: number, column: number, dtype: DType): Tensor {
  const values = new Float32Array(KERNEL ** 2 * 4);
  for (let i = 0; i < KERNEL; i++)
    for (let j = 0; j < KERNEL; j++) {
      values[(i * KERNEL + j) * 4 + 2 * neighbour(i, row) + neighbour(j, column)] = 1;
    }
  return constant(values, [KERNEL ** 2, 4], dtype);
}

/** The matrix that turns a row (a, b) of two halves of this width into a0, b0, a1, b1, ... */
function inTurn(width: number, dtype: DType): Tensor {
  const size = 2 * width;
  const values = new Float32Array(size ** 2);
  for (let i = 0; i < size; i++) values[i * size + 2 * (i % width) + Math.floor(i / width)] = 1;
  return constant(values, [size, size], dtype);
}
