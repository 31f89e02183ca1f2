import { sizeOf, type Shape } from '@rewardedit/graph';
import type { AttributeValue } from '../model/onnx-model.ts';
import type { Emitter, Value } from './emitter.ts';
import { product } from './matmul.ts';

/**
 * ONNX Runtime's CPU kernels convolve faster where the channels of a pixel lie together in blocks, as many as
 * fit a vector register. Its own optimizer uses them for constant weights only; here the weights are
 * rearranged with every run.
 */
const DOMAIN = 'com.microsoft.nchwc';

/** Below this many windows in the whole batch, rearranging the weight takes more time than is gained. */
const WINDOWS_WORTH_REARRANGING = 2048;

/**
 * The channels of a block for a convolution with a weight [O, C, KH, KW] that gives this output, if it should be
 * carried out in blocks. One of a single pixel is a product as it is.
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

/** The convolution of x [N, C, H, W] with a weight in blocks, and a bias if there is one. */
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

/** A weight [O, C, KH, KW] as [O / block, C / block, KH, KW, block of C, block of O], under its old shape. */
export function weightInBlocks(emitter: Emitter, weight: Value, shape: Shape, block: number): Value {
  const [outChannels, channels, ...kernel] = shape;
  const taps = sizeOf(kernel);
  // Exchanging two axes first and then moving whole blocks takes half the time of a single step.
  const matrix = emitter.emit('Reshape', [weight, emitter.indices([outChannels, channels * taps])]);
  const exchanged = emitter.emit('Transpose', [matrix], { attributes: { perm: [1, 0] } });
  const axes = [channels / block, block, taps, outChannels / block, block];
  return arranged(emitter, exchanged, { axes, order: [3, 0, 2, 1, 4], shape });
}

/** The same for the way back: turned by half a circle, a weight from O to C channels. */
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

/** The matrix that reverses the order of `size` numbers. */
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
