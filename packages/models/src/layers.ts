import {
  add,
  conv2d,
  groupNorm,
  layerNorm,
  matmul,
  mul,
  reshape,
  sizeOf,
  split,
  type ConvolutionOptions,
  type Tensor,
} from '@rewardedit/graph';
import type { Initialization, Scope } from './parameters.ts';

const ONES: Initialization = { kind: 'constant', value: 1 };
export const ZEROS: Initialization = { kind: 'constant', value: 0 };

/** PyTorch's default initialization of linear layers and convolutions, for weight and bias: uniform within 1 / sqrt(fan-in). */
function uniformByInputs(inputs: number): Initialization {
  return { kind: 'uniform', bound: 1 / Math.sqrt(inputs) };
}

export interface LinearOptions {
  readonly bias?: boolean;
  /** Initialization of the weight, with a zero bias. PyTorch's default if undefined. */
  readonly initialization?: Initialization | undefined;
}

/** x W^T + b over the last axis: x [..., I] gives [..., outputs] (`torch.nn.Linear`). */
export function linear(
  scope: Scope,
  x: Tensor,
  outputs: number,
  { bias = true, initialization }: LinearOptions = {},
): Tensor {
  const inputs = x.shape[x.shape.length - 1];
  const start = uniformByInputs(inputs);
  const weight = scope.parameter('weight', [outputs, inputs], initialization ?? start);
  if (!bias) return scope.trace(product(x, weight));
  return scope.trace(
    add(product(x, weight), scope.parameter('bias', [outputs], initialization ? ZEROS : start)),
  );
}

/** A linear layer whose output is split into two halves. It splits the weight, which is cheaper than splitting the output. */
export function halvedLinear(scope: Scope, x: Tensor, outputs: number): Tensor[] {
  // Traces the whole output under the layer's name. It is only computed if requested.
  linear(scope, x, outputs);
  const inputs = x.shape[x.shape.length - 1];
  const start = uniformByInputs(inputs);
  const weights = split(scope.parameter('weight', [outputs, inputs], start), 2, 0);
  const biases = split(scope.parameter('bias', [outputs], start), 2, 0);
  return weights.map((weight, half) => add(product(x, weight), biases[half]));
}

/** x W^T over the last axis. */
function product(x: Tensor, weight: Tensor): Tensor {
  const [outputs, inputs] = weight.shape;
  // A single matrix product rather than a batch, so that the weight's gradient is a single product too.
  const rows = reshape(x, [sizeOf(x.shape) / inputs, inputs]);
  return reshape(matmul(rows, weight, { transposeB: true }), [...x.shape.slice(0, -1), outputs]);
}

export interface ConvolutionLayerOptions extends ConvolutionOptions {
  /** Height and width of the kernel. */
  readonly kernel: number;
  /** Initialization of the weight, with a zero bias. PyTorch's default if undefined. */
  readonly initialization?: Initialization | undefined;
}

/** Convolution with a bias: x [N, C, H, W] gives [N, outputs, H', W'] (`torch.nn.Conv2d`). */
export function convolution(
  scope: Scope,
  x: Tensor,
  outputs: number,
  { kernel, initialization, ...options }: ConvolutionLayerOptions,
): Tensor {
  const inputs = x.shape[1];
  const start = uniformByInputs(inputs * kernel * kernel);
  const weight = scope.parameter('weight', [outputs, inputs, kernel, kernel], initialization ?? start);
  const bias = scope.parameter('bias', [outputs], initialization ? ZEROS : start);
  return scope.trace(add(conv2d(x, weight, options), reshape(bias, [1, outputs, 1, 1])));
}

/** Convolution without a bias. */
export function kernelProduct(
  scope: Scope,
  x: Tensor,
  outputs: number,
  { kernel, initialization, ...options }: ConvolutionLayerOptions,
): Tensor {
  const start = initialization ?? uniformByInputs(x.shape[1] * kernel * kernel);
  const weight = scope.parameter('weight', [outputs, x.shape[1], kernel, kernel], start);
  return scope.trace(conv2d(x, weight, options));
}

/** Group normalization of x [N, C, ...] (`torch.nn.GroupNorm`). */
export function groupNormalization(scope: Scope, x: Tensor, groups: number, epsilon: number): Tensor {
  const weight = scope.parameter('weight', [x.shape[1]], ONES);
  return scope.trace(groupNorm(x, groups, weight, scope.parameter('bias', [x.shape[1]], ZEROS), epsilon));
}

/**
 * Group normalization, scaled and shifted per sample by [N, C], y scale + shift (FiLM, Perez et al., arXiv 1709.07871). Both are folded into
 * the norm's weight and bias, so the extra pass over the feature map costs nothing.
 */
export function modulatedGroupNormalization(
  scope: Scope,
  x: Tensor,
  { groups, epsilon, scale, shift }: { groups: number; epsilon: number; scale: Tensor; shift: Tensor },
): Tensor {
  const channels = [x.shape[1]];
  const weight = scope.parameter('weight', channels, ONES);
  const bias = scope.parameter('bias', channels, ZEROS);
  scope.trace(groupNorm(x, groups, weight, bias, epsilon));
  return groupNorm(x, groups, mul(scale, weight), add(mul(scale, bias), shift), epsilon);
}

/** Layer normalization over the last axis of x [..., D] (`torch.nn.LayerNorm`). */
export function layerNormalization(scope: Scope, x: Tensor, epsilon: number): Tensor {
  const width = x.shape[x.shape.length - 1];
  const weight = scope.parameter('weight', [width], ONES);
  return scope.trace(layerNorm(x, weight, scope.parameter('bias', [width], ZEROS), epsilon));
}
