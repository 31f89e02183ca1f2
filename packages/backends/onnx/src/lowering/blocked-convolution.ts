import { sizeOf, type Shape } from '@rewardedit/graph';
import type { AttributeValue } from '../model/onnx-model.ts';
import type { Emitter, Value } from './emitter.ts';
import { product } from './matmul.ts';

/**
 * ONNX Runtime's CPU kernels convolve faster in the blocked layout NCHWc, with blocks of as many channels as
 * fit a vector register. Its own optimizer only uses them for constant weights; here the weights are
 * rearranged in every run.
 */
const DOMAIN = 'com.microsoft.nchwc';

/** With fewer windows in the batch, rearranging the weight costs more than it gains. */
const WINDOWS_WORTH_REARRANGING = 2048;

/**
 * The block size for a convolution with a weight [O, C, KH, KW] and this output, or undefined if it should
 * not be blocked. A 1x1 convolution is a matrix product already.
 */
export function blockFor(
  { channelBlock }: Emitter,
  [outChannels, channels, ...kernel]: Shape,
  [batch, , ...size]: Shape,
): number | undefined {
  if (channelBlock === undefined || sizeOf(kernel) === 1) return undefined;
  const fits = outChannels % channelBlock === 0 && channels % channelBlock === 0;
  return fits && batch * sizeOf(size) >= WINDOWS_WORTH_REARRANGING ? channelBlock : undefined;
}

/** The convolution of x [N, C, H, W] with a blocked weight and an optional bias. */
export function blockedConvolution(
  emitter: Emitter,
  [x, ...operands]: readonly Value[],
  channels: number,
  attributes: Readonly<Record<string, AttributeValue>>,
): Value {
  const blocks = emitter.emit('ReorderInput', [x], { domain: DOMAIN });
  const result = emitter.emit('Conv', [blocks, ...operands], { domain: DOMAIN, attributes });
  return emitter.emit('ReorderOutput', [result], { domain: DOMAIN, attributes: { channels } });
}

/**
 * Rearranges a weight [O, C, KH, KW] to [O / block, C / block, KH, KW, block of C, block of O], with its old
 * shape.
 */
export function weightInBlocks(emitter: Emitter, weight: Value, shape: Shape, block: number): Value {
  const [outChannels, channels, ...kernel] = shape;
  const taps = sizeOf(kernel);
  // Swapping two axes first and then moving whole blocks takes half the time of a single transposition.
  const matrix = emitter.emit('Reshape', [weight, emitter.indices([outChannels, channels * taps])]);
  const exchanged = emitter.emit('Transpose', [matrix], { attributes: { perm: [1, 0] } });
  const axes = [channels / block, block, taps, outChannels / block, block];
  return arranged(emitter, exchanged, { axes, order: [3, 0, 2, 1, 4], shape });
}

/** The same for the backward direction: a weight from O to C channels, rotated by 180 degrees. */
export function turnedWeightInBlocks(emitter: Emitter, weight: Value, shape: Shape, block: number): Value {
  const [outChannels, channels, ...kernel] = shape;
  const taps = sizeOf(kernel);
  const matrices = [
    { value: reversal(emitter, taps), shape: [taps, taps] },
    {
      value: emitter.emit('Reshape', [weight, emitter.indices([outChannels * channels, taps])]),
      shape: [outChannels * channels, taps],
    },
  ];
  const reversed = product(emitter, matrices[0], matrices[1], { transposeB: true });
  const axes = [taps, outChannels / block, block, channels / block, block];
  const turned = [channels, outChannels, ...kernel];
  return arranged(emitter, reversed, { axes, order: [3, 1, 0, 2, 4], shape: turned });
}

/** The matrix that reverses `size` numbers. */
export function reversal(emitter: Emitter, size: number): Value {
  const matrix = new Float32Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + size - 1 - i] = 1;
  return emitter.constant('f32', [size, size], new Uint8Array(matrix.buffer));
}

function arranged(
  emitter: Emitter,
  value: Value,
  { axes, order, shape }: { axes: Shape; order: readonly number[]; shape: Shape },
): Value {
  const apart = emitter.emit('Reshape', [value, emitter.indices(axes)]);
  const moved = emitter.emit('Transpose', [apart], { attributes: { perm: order } });
  return emitter.emit('Reshape', [moved, emitter.indices(shape)]);
}
