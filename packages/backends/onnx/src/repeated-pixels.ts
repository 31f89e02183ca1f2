import {
  concat,
  constant,
  conv2d,
  gradients,
  input,
  mapTensors,
  matmul,
  mul,
  reshape,
  rewrite,
  sameShape,
  sum,
  type ConvolutionAttributes,
  type NamedTensors,
  type Tensor,
} from '@rewardedit/graph';
import { isNodeOf } from './lowering/lowering.ts';

const KERNEL = 3;

/**
 * Rewrites convolutions of pictures upsampled 2x2, and their gradients, so that no pixels are repeated. A
 * device that repeats pixels as it reads them gains nothing from it; the CPU saves five ninths of the work.
 */
export function withoutRepeatedPixels<Results extends readonly NamedTensors[]>(results: Results): Results {
  // Names are prefixed with the index of their record, because all results form one graph.
  const all = results.flatMap((tensors, i) =>
    Object.entries(tensors).map(([name, tensor]) => [`${i} ${name}`, tensor] as const),
  );
  const rewritten = rewrite(
    Object.fromEntries(all),
    (tensor) => forward(tensor) ?? weightGradient(tensor) ?? pictureGradient(tensor),
  );
  return results.map((tensors, i) => mapTensors(tensors, (_, name) => rewritten[`${i} ${name}`])) as never;
}

function forward(tensor: Tensor): Tensor | undefined {
  if (!isNodeOf(tensor, 'conv2d')) return undefined;
  const [repeated, weight] = tensor.inputs;
  const x = before(repeated);
  return x && fits(tensor.attributes, weight) ? doubledConvolution(x, weight) : undefined;
}

function weightGradient(tensor: Tensor): Tensor | undefined {
  if (!isNodeOf(tensor, 'conv2dWeightGradient')) return undefined;
  const [repeated, dy] = tensor.inputs;
  const x = before(repeated);
  if (!x || !fits(tensor.attributes, tensor)) return undefined;
  // The convolution is linear in the weight, so its gradient does not depend on it.
  const weight = input('', tensor.shape);
  return gradients(sum(mul(doubledConvolution(x, weight), dy)), [weight])[0];
}

/** The gradient of the original picture, summed over the four copies of each pixel. */
function pictureGradient(tensor: Tensor): Tensor | undefined {
  if (!isNodeOf(tensor, 'reshape')) return undefined;
  const [total] = tensor.inputs;
  if (!isNodeOf(total, 'sum') || total.attributes.axes.join() !== '3,5') return undefined;
  const [blocks] = total.inputs;
  if (!isNodeOf(blocks, 'reshape')) return undefined;
  const [repeated] = blocks.inputs;
  if (!isNodeOf(repeated, 'conv2dInputGradient')) return undefined;
  const [dy, weight] = repeated.inputs;
  const [batch, channels, height, width] = tensor.shape;
  const isDoubled =
    tensor.shape.length === 4 &&
    sameShape(blocks.shape, [batch, channels, height, 2, width, 2]) &&
    sameShape(repeated.shape, [batch, channels, 2 * height, 2 * width]);
  if (!isDoubled || !fits(repeated.attributes, weight)) return undefined;
  const x = input('', tensor.shape);
  return gradients(sum(mul(doubledConvolution(x, weight), dy)), [x])[0];
}

/** The picture before a 2x2 upsampling, if it was upsampled. */
function before(repeated: Tensor): Tensor | undefined {
  if (!isNodeOf(repeated, 'resizeNearest') || repeated.dtype !== 'f32') return undefined;
  const [x] = repeated.inputs;
  const [, , height, width] = x.shape;
  return sameShape(repeated.shape.slice(2), [2 * height, 2 * width]) ? x : undefined;
}

/** Whether a convolution with this weight (or its gradient) is 3x3 and keeps the size. */
function fits({ stride, padding }: ConvolutionAttributes, weight: Tensor): boolean {
  const isKernel = sameShape(weight.shape.slice(2), [KERNEL, KERNEL]);
  return weight.dtype === 'f32' && isKernel && stride === 1 && padding.every((count) => count === 1);
}

/**
 * The convolution of x upsampled 2x2, without repeating pixels: of the 3x3 pixels under the kernel, two rows
 * and two columns are equal, so each output pixel is a sum over 2x2 pixels of x, whose four weights are sums
 * of the nine. Which sums depends on the parity of its row and column: four convolutions, which together do
 * four ninths of the work.
 */
function doubledConvolution(x: Tensor, weight: Tensor): Tensor {
  const [batch, inputs, height, width] = x.shape;
  const [channels] = weight.shape;
  const kernels = reshape(weight, [channels * inputs, KERNEL ** 2]);
  const parts = [0, 1].flatMap((row) =>
    [0, 1].map((column) => {
      const summed = reshape(matmul(kernels, tapsUnder(row, column)), [channels, inputs, 2, 2]);
      const convolved = conv2d(x, summed, { padding: [1 - row, 1 - column, row, column] });
      return reshape(convolved, [batch, channels, height, 1, width]);
    }),
  );
  // The four results are concatenated; a product interleaves the columns of each pair.
  const rows = reshape(concat(parts, 3), [batch * channels * height * 2, 2 * width]);
  return reshape(matmul(rows, inTurn(width)), [batch, channels, 2 * height, 2 * width]);
}
/** Which of two neighbours in x is under tap `tap` of the kernel, for output pixels of this parity. */
function neighbour(tap: number, parity: number): number {
  return Math.floor((parity + tap + 1) / 2) - parity;
}

/** The 0/1 matrix [3x3, 2x2] that maps the kernel's taps to the pixels of x. */
function tapsUnder(row: number, column: number): Tensor {
  const values = new Float32Array(KERNEL ** 2 * 4);
  for (let i = 0; i < KERNEL; i++)
    for (let j = 0; j < KERNEL; j++) {
      values[(i * KERNEL + j) * 4 + 2 * neighbour(i, row) + neighbour(j, column)] = 1;
    }
  return constant(values, [KERNEL ** 2, 4]);
}

/** The matrix that interleaves a row (a, b) of two halves of this width to a0, b0, a1, b1, ... */
function inTurn(width: number): Tensor {
  const size = 2 * width;
  const values = new Float32Array(size ** 2);
  for (let i = 0; i < size; i++) values[i * size + 2 * (i % width) + Math.floor(i / width)] = 1;
  return constant(values, [size, size]);
}
