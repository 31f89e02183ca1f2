import { sizeOf, type ConvolutionGradientAttributes, type Shape, type Tensor } from '@rewardedit/graph';
import { blockedConvolution, blockFor, reversal, turnedWeightInBlocks } from './blocked-convolution.ts';
import type { Emitter, Value } from './emitter.ts';
import { inSinglePrecision } from './half-precision.ts';
import type { Lowering } from './lowering.ts';
import { product } from './matmul.ts';
import { channelsExchanged, sliced } from './rearrange.ts';

/** Rotates a picture [N, C, H, W] by 180 degrees. */
function turnedPicture(emitter: Emitter, picture: Value, [batch, channels, ...size]: Shape): Value {
  const flat = emitter.emit('Reshape', [picture, emitter.indices([batch, channels, sizeOf(size)])]);
  const reversed = sliced(emitter, flat, { axis: 2, start: -1, end: -sizeOf(size) - 1, step: -1 });
  return emitter.emit('Reshape', [reversed, emitter.indices([batch, channels, ...size])]);
}

/** The same for a weight [O, C, KH, KW], by a product with a reversal matrix, which uses all cores. */
function turnedWeight(emitter: Emitter, weight: Value, [outChannels, channels, ...kernel]: Shape): Value {
  const taps = sizeOf(kernel);
  if (taps === 1) return weight;
  const reversed = emitter.emit('MatMul', [
    emitter.emit('Reshape', [weight, emitter.indices([outChannels * channels, taps])]),
    reversal(emitter, taps),
  ]);
  return emitter.emit('Reshape', [reversed, emitter.indices([outChannels, channels, ...kernel])]);
}

/**
 * Computes the gradient with respect to the picture by whichever algorithm moves the least memory (measured
 * on the shapes of U-Nets): a transposed convolution writes a column per window; a plain convolution needs
 * the weight or the pictures rotated.
 */
export const conv2dInputGradient: Lowering<'conv2dInputGradient'> = inSinglePrecision(
  (emitter, [dy, w], tensor) => {
    const { inputs, attributes } = tensor;
    const [shapeY, shapeW] = inputs.map(({ shape }) => shape);
    const [outChannels, channels, ...kernel] = shapeW;
    const [top, left, bottom, right] = attributes.padding;
    const pads = [kernel[0] - 1 - top, kernel[1] - 1 - left, kernel[0] - 1 - bottom, kernel[1] - 1 - right];
    if (attributes.stride === 1 && sizeOf(kernel) === 1 && attributes.padding.every((count) => count === 0)) {
      return pixelwise(emitter, [dy, w], shapeY, channels);
    }
    const fewWindows = sizeOf(shapeY) <= outChannels * outChannels;
    if (attributes.stride > 1 || fewWindows || pads.some((count) => count < 0)) {
      return transposedConvolution(emitter, [dy, w], tensor);
    }
    const block = blockFor(emitter, shapeW, tensor.shape);
    if (block !== undefined) {
      const weight = turnedWeightInBlocks(emitter, w, shapeW, block);
      return blockedConvolution(emitter, [dy, weight], channels, { kernel_shape: kernel, pads });
    }
    const convolved = (from: Value, weight: Value, pads: readonly number[]) =>
      emitter.emit('Conv', [from, weight], { attributes: { kernel_shape: kernel, pads } });
    if (sizeOf(shapeY) + sizeOf(tensor.shape) >= sizeOf(shapeW)) {
      return convolved(dy, channelsExchanged(emitter, turnedWeight(emitter, w, shapeW)), pads);
    }
    // After the rotation the first row is the last, and so is its padding.
    const turnedPads = [...pads.slice(2), ...pads.slice(0, 2)];
    const turned = convolved(turnedPicture(emitter, dy, shapeY), channelsExchanged(emitter, w), turnedPads);
    return turnedPicture(emitter, turned, tensor.shape);
  },
);

function transposedConvolution(
  emitter: Emitter,
  operands: readonly Value[],
  { inputs, attributes: { stride, padding, shape } }: Tensor<ConvolutionGradientAttributes>,
): Value {
  const kernel = inputs[1].shape.slice(2);
  const [top, left, bottom, right] = padding;
  /** Rows (or columns) of the picture after the last window. */
  const rest = (side: number, edges: number) =>
    shape[2 + side] + edges - (inputs[0].shape[2 + side] - 1) * stride - kernel[side];
  return emitter.emit('ConvTranspose', operands, {
    attributes: {
      kernel_shape: kernel,
      strides: [stride, stride],
      pads: padding,
      output_padding: [rest(0, top + bottom), rest(1, left + right)],
    },
  });
}

/** A 1x1 kernel: the same product at each pixel. */
function pixelwise(emitter: Emitter, [dy, w]: readonly Value[], shapeY: Shape, channels: number): Value {
  const [batch, outChannels, ...size] = shapeY;
  const matrix = [outChannels, channels];
  const pixels = [batch, outChannels, sizeOf(size)];
  const weight = { value: emitter.emit('Reshape', [w, emitter.indices(matrix)]), shape: matrix };
  const gradient = { value: emitter.emit('Reshape', [dy, emitter.indices(pixels)]), shape: pixels };
  const all = product(emitter, weight, gradient, { transposeA: true });
  return emitter.emit('Reshape', [all, emitter.indices([batch, channels, ...size])]);
}
