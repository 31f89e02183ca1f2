import { sizeOf, type ConvolutionAttributes, type ConvolutionGradientAttributes, type Shape, type Tensor } from '@rewardedit/graph';
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

/**
 * The gradient for the weight [O, C, KH, KW]: at each kernel position, dy [O, windows] times the pixels under that position
 * [windows, C], summed over the batch.
 */
export const conv2dWeightGradient: Lowering<'conv2dWeightGradient'> = (
  emitter,
  [x, dy],
  { inputs, attributes: { stride, padding, shape } },
) => {
  const [batch, outChannels, ...size] = inputs[1].shape;
  const [, channels, height, width] = shape;
  const taps = height * width;
  const area = sizeOf(size);
  // With few windows, one product for all positions at once, from a matrix of all their pixels.
  const few = taps > 1 && batch * area <= 2 * outChannels;
  // The batch becomes part of the windows where moving the pictures costs less than a sum over a product for each of them.
  const merged = batch > 1 && (few || taps * outChannels * channels > area * (outChannels + channels));
  const front = batch === 1 || merged ? [] : [batch];
  const windows = front.length === 0 ? batch * area : area;

  const reshaped = (value: Value, to: Shape) => emitter.emit('Reshape', [value, emitter.indices(to)]);
  const arranged = (value: Value) => (merged ? channelsExchanged(emitter, value) : value);
  const rows = { value: reshaped(arranged(dy), [...front, outChannels, windows]), shape: [...front, outChannels, windows] };
  const times = (columns: Value, count: number) => {
    const right = { value: reshaped(columns, [...front, count, windows]), shape: [...front, count, windows] };
    const all = product(emitter, rows, right, { transposeB: true });
    return front.length === 0
      ? all
      : emitter.emit('ReduceSum', [all, emitter.indices([0])], { attributes: { keepdims: 0 } });
  };
  const pixels = pixelsUnder(emitter, arranged(x), {
    kernel: [height, width],
    size,
    inputSize: inputs[0].shape.slice(2),
    stride,
    padding,
  });

  if (few) {
    const columns = pixels.map((each) => reshaped(each, [channels, 1, windows]));
    const all = emitter.emit('Concat', columns, { attributes: { axis: 1 } });
    return reshaped(times(all, channels * taps), shape);
  }
  const gradients = pixels.map((each) => reshaped(times(each, channels), [outChannels, channels, 1]));
  return reshaped(emitter.emit('Concat', gradients, { attributes: { axis: 2 } }), shape);
};

/**
 * The pixels under each position of the kernel, row by row, each as large as the output. Along the width they are cut once for
 * each of the kernel's columns (by padding, which may be negative); the cuts along the height then copy whole blocks.
 */
function pixelsUnder(
  emitter: Emitter,
  x: Value,
  {
    kernel: [height, width],
    size: [outHeight, outWidth],
    inputSize: [inHeight, inWidth],
    stride,
    padding: [top, left, bottom],
  }: {
    kernel: Shape;
    size: Shape;
    inputSize: Shape;
    stride: number;
    padding: ConvolutionAttributes['padding'];
  },
): Value[] {
  const reach = (outWidth - 1) * stride + 1;
  const columns = Array.from({ length: width }, (_, column) => {
    const before = left - column;
    const pads = [0, 0, top, before, 0, 0, bottom, reach - before - inWidth];
    const cut = pads.every((count) => count === 0) ? x : emitter.emit('Pad', [x, emitter.indices(pads)]);
    return stride === 1 ? cut : sliced(emitter, cut, 3, 0, reach, stride);
  });
  return Array.from({ length: height }, (_, row) =>
    columns.map((each) =>
      inHeight + top + bottom === outHeight ? each : sliced(emitter, each, 2, row, row + (outHeight - 1) * stride + 1, stride),
    ),
  ).flat();
}

function sliced(emitter: Emitter, x: Value, axis: number, start: number, end: number, step: number): Value {
  return emitter.emit('Slice', [x, ...[[start], [end], [axis], [step]].map(emitter.indices)]);
}
