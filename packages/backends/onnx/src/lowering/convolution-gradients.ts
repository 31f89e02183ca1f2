import { sizeOf, type ConvolutionGradientAttributes, type Shape, type Tensor } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';
import type { Lowering } from './lowering.ts';
import { product } from './matmul.ts';

/** Height and width in opposite order: turned by half a circle. */
function turned(emitter: Emitter, value: Value, [, , height, width]: Shape): Value {
  if (height === 1 && width === 1) return value;
  return emitter.emit('Slice', [
    value,
    emitter.indices([-1, -1]),
    emitter.indices([-height - 1, -width - 1]),
    emitter.indices([2, 3]),
    emitter.indices([-1, -1]),
  ]);
}

function channelsExchanged(emitter: Emitter, value: Value): Value {
  return emitter.emit('Transpose', [value], { attributes: { perm: [1, 0, 2, 3] } });
}

/**
 * Of the ways to the gradient for the picture, the one that moves least in memory. The weight's transformation costs as much as
 * the weight is large, the transposed convolution's columns as much as there are windows; measured on shapes of U-Nets, the
 * borders are about here.
 */
export const conv2dInputGradient: Lowering<'conv2dInputGradient'> = (emitter, [dy, w], tensor) => {
  const { inputs, attributes } = tensor;
  const [shapeY, shapeW] = inputs.map(({ shape }) => shape);
  const [outChannels, , ...kernel] = shapeW;
  const windows = sizeOf(shapeY) / outChannels;
  const [top, left, bottom, right] = attributes.padding;
  const pads = [kernel[0] - 1 - top, kernel[1] - 1 - left, kernel[0] - 1 - bottom, kernel[1] - 1 - right];
  if (attributes.stride > 1 || pads.some((count) => count < 0) || windows <= outChannels) {
    return transposedConvolution(emitter, [dy, w], tensor);
  }
  const convolve = (from: Value, weight: Value) =>
    emitter.emit('Conv', [from, weight], { attributes: { kernel_shape: kernel, pads } });
  if (windows <= 8 * outChannels) {
    // pads belong to the turned picture here: its first row is the last
    const turnedPads = [pads[2], pads[3], pads[0], pads[1]];
    const turnedResult = emitter.emit('Conv', [turned(emitter, dy, shapeY), channelsExchanged(emitter, w)], {
      attributes: { kernel_shape: kernel, pads: turnedPads },
    });
    return turned(emitter, turnedResult, tensor.shape);
  }
  return convolve(dy, channelsExchanged(emitter, turned(emitter, w, shapeW)));
};

function transposedConvolution(
  emitter: Emitter,
  operands: readonly Value[],
  { inputs, attributes: { stride, padding, shape } }: Tensor<ConvolutionGradientAttributes>,
): Value {
  const kernel = inputs[1].shape.slice(2);
  const [top, left, bottom, right] = padding;
  /** Rows (or columns) of the picture behind the last window. */
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

/** Weights from this size on do not stay in a core's cache. */
const LARGE_WEIGHT = 800_000;

/**
 * The gradient for the weight [O, C, KH, KW]: at each kernel position, dy [O, windows] times the pixels under that position
 * [windows, C], summed over the batch.
 */
export const conv2dWeightGradient: Lowering<'conv2dWeightGradient'> = (
  emitter,
  [x, dy],
  { inputs, attributes: { stride, padding, shape } },
) => {
  const [top, left, bottom, right] = padding;
  const [batch, outChannels, outHeight, outWidth] = inputs[1].shape;
  const [, channels, height, width] = shape;
  const area = outHeight * outWidth;
  const taps = height * width;
  // The batch becomes part of the windows where moving the pictures costs less than a sum over a product for each of them.
  const merged = batch > 1 && taps * outChannels * channels > area * (outChannels + channels);
  const front = batch === 1 || merged ? [] : [batch];
  const windows = batch === 1 || merged ? batch * area : area;

  const pixels = merged ? channelsExchanged(emitter, x) : x;
  const padded = padding.every((count) => count === 0)
    ? pixels
    : emitter.emit('Pad', [pixels, emitter.indices([0, 0, top, left, 0, 0, bottom, right])]);
  const reshaped = (value: Value, to: Shape) => emitter.emit('Reshape', [value, emitter.indices(to)]);
  const under = (row: number, column: number, to: Shape) =>
    reshaped(
      emitter.emit('Slice', [
        padded,
        emitter.indices([row, column]),
        emitter.indices([row + (outHeight - 1) * stride + 1, column + (outWidth - 1) * stride + 1]),
        emitter.indices([2, 3]),
        emitter.indices([stride, stride]),
      ]),
      to,
    );
  const positions = Array.from({ length: taps }, (_, tap) => [Math.floor(tap / width), tap % width] as const);
  const shapeRows = [...front, outChannels, windows];
  const rows = { value: reshaped(merged ? channelsExchanged(emitter, dy) : dy, shapeRows), shape: shapeRows };
  const multiplied = (columns: Value, count: number) => {
    const all = product(emitter, rows, { value: columns, shape: [...front, count, windows] }, { transposeB: true });
    return front.length === 0 ? all : emitter.emit('ReduceSum', [all, emitter.indices([0])], { attributes: { keepdims: 0 } });
  };

  if (taps > 1 && outChannels * channels * taps > LARGE_WEIGHT) {
    const columns = positions.map(([row, column]) => under(row, column, [...front, channels, 1, windows]));
    const axis = front.length + 1;
    const all = emitter.emit('Concat', columns, { attributes: { axis } });
    return reshaped(multiplied(reshaped(all, [...front, channels * taps, windows]), channels * taps), shape);
  }
  const gradients = positions.map(([row, column]) =>
    reshaped(multiplied(under(row, column, [...front, channels, windows]), channels), [outChannels, channels, 1]),
  );
  return reshaped(emitter.emit('Concat', gradients, { attributes: { axis: 2 } }), shape);
};
