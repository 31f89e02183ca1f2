import { sizeOf, type ConvolutionAttributes, type ConvolutionGradientAttributes, type Shape, type Tensor } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';
import type { Lowering } from './lowering.ts';
import { product } from './matmul.ts';

/** A picture [N, C, H, W] turned by half a circle: its pixels in opposite order. */
function turnedPicture(emitter: Emitter, picture: Value, [batch, channels, ...size]: Shape): Value {
  const flat = emitter.emit('Reshape', [picture, emitter.indices([batch, channels, sizeOf(size)])]);
  const reversed = sliced(emitter, flat, { axis: 2, start: -1, end: -sizeOf(size) - 1, step: -1 });
  return emitter.emit('Reshape', [reversed, emitter.indices([batch, channels, ...size])]);
}

/** The same for a weight [O, C, KH, KW], by a product with the matrix that reverses, which takes all cores. */
function turnedWeight(emitter: Emitter, weight: Value, [outChannels, channels, ...kernel]: Shape): Value {
  const taps = sizeOf(kernel);
  if (taps === 1) return weight;
  const reversal = new Float32Array(taps * taps);
  for (let tap = 0; tap < taps; tap++) reversal[tap * taps + taps - 1 - tap] = 1;
  const reversed = emitter.emit('MatMul', [
    emitter.emit('Reshape', [weight, emitter.indices([outChannels * channels, taps])]),
    emitter.constant('f32', [taps, taps], new Uint8Array(reversal.buffer)),
  ]);
  return emitter.emit('Reshape', [reversed, emitter.indices([outChannels, channels, ...kernel])]);
}

function channelsExchanged(emitter: Emitter, value: Value): Value {
  return emitter.emit('Transpose', [value], { attributes: { perm: [1, 0, 2, 3] } });
}

/**
 * Of the ways to the gradient for the picture, the one that moves least in memory (measured on the shapes of U-Nets): the
 * transposed convolution writes a column for each window; a plain one wants the weight turned, or the pictures.
 */
export const conv2dInputGradient: Lowering<'conv2dInputGradient'> = (emitter, [dy, w], tensor) => {
  const { inputs, attributes } = tensor;
  const [shapeY, shapeW] = inputs.map(({ shape }) => shape);
  const [outChannels, , ...kernel] = shapeW;
  const [top, left, bottom, right] = attributes.padding;
  const pads = [kernel[0] - 1 - top, kernel[1] - 1 - left, kernel[0] - 1 - bottom, kernel[1] - 1 - right];
  const fewWindows = sizeOf(shapeY) <= outChannels * outChannels;
  if (attributes.stride > 1 || fewWindows || pads.some((count) => count < 0)) {
    return transposedConvolution(emitter, [dy, w], tensor);
  }
  const convolved = (from: Value, weight: Value, pads: readonly number[]) =>
    emitter.emit('Conv', [from, weight], { attributes: { kernel_shape: kernel, pads } });
  if (sizeOf(shapeY) + sizeOf(tensor.shape) >= sizeOf(shapeW)) {
    return convolved(dy, channelsExchanged(emitter, turnedWeight(emitter, w, shapeW)), pads);
  }
  // Once turned, the first row is the last, and its padding with it.
  const turnedPads = [...pads.slice(2), ...pads.slice(0, 2)];
  const turned = convolved(turnedPicture(emitter, dy, shapeY), channelsExchanged(emitter, w), turnedPads);
  return turnedPicture(emitter, turned, tensor.shape);
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

/** A convolution as its weight's gradient sees it. */
interface Windows {
  readonly kernel: Shape;
  /** Height and width of the output. */
  readonly size: Shape;
  readonly inputSize: Shape;
  readonly stride: number;
  readonly padding: ConvolutionAttributes['padding'];
}

/**
 * The gradient for the weight [O, C, KH, KW]: at each kernel position, dy [O, windows] times the pixels under that position
 * [windows, C], summed over the batch.
 */
export const conv2dWeightGradient: Lowering<'conv2dWeightGradient'> = (emitter, [x, dy], tensor) => {
  const { inputs, attributes } = tensor;
  const [batch, outChannels, ...size] = inputs[1].shape;
  const [, channels, ...kernel] = tensor.shape;
  const taps = sizeOf(kernel);
  const area = sizeOf(size);
  // With few windows, one product for all positions at once, from a matrix of all their pixels.
  const few = taps > 1 && batch * area <= 2 * outChannels;
  // The batch becomes part of the windows where moving the pictures costs less than a sum over a product for each of them.
  const merged = batch > 1 && (few || taps * outChannels * channels > area * (outChannels + channels));
  const front = batch === 1 || merged ? [] : [batch];

  const arranged = (value: Value) => (merged ? channelsExchanged(emitter, value) : value);
  const reshaped = (value: Value, shape: Shape) => emitter.emit('Reshape', [value, emitter.indices(shape)]);
  /** The product of [O, windows] and [count, windows], for pictures of `pixels` windows. */
  const times = (gradients: Value, columns: Value, count: number, pixels: number) => {
    const windows = front.length === 0 ? batch * pixels : pixels;
    const [left, right] = [[gradients, outChannels] as const, [columns, count] as const].map(([value, rows]) => {
      const shape = [...front, rows, windows];
      return { value: reshaped(value, shape), shape };
    });
    const all = product(emitter, left, right, { transposeB: true });
    return front.length === 0
      ? all
      : emitter.emit('ReduceSum', [all, emitter.indices([0])], { attributes: { keepdims: 0 } });
  };
  const windows: Windows = { kernel, size, inputSize: inputs[0].shape.slice(2), ...attributes };
  const [pictures, gradients] = [x, dy].map(arranged);

  if (few) {
    const columns = pixelsUnder(emitter, pictures, windows).map((each) => reshaped(each, [channels, 1, batch * area]));
    const all = emitter.emit('Concat', columns, { attributes: { axis: 1 } });
    return reshaped(times(gradients, all, channels * taps, area), tensor.shape);
  }
  const products =
    attributes.stride === 1 && size[0] >= ROWS_WORTH_EMBEDDING && kernel[0] > 1
      ? embedded(emitter, pictures, gradients, windows).map(([a, b]) =>
          times(b, a, channels, (size[0] + kernel[0] - 1) * size[1]),
        )
      : pixelsUnder(emitter, pictures, windows).map((each) => times(gradients, each, channels, area));
  const columns = products.map((each) => reshaped(each, [outChannels, channels, 1]));
  return reshaped(emitter.emit('Concat', columns, { attributes: { axis: 2 } }), tensor.shape);
};

/** From this height of the output on, a few more rows in each product cost less than to cut rows out for each. */
const ROWS_WORTH_EMBEDDING = 16;

/** The pictures with the columns cut out that lie under each column of the kernel; by padding, which may be negative. */
function columnsUnder(
  emitter: Emitter,
  x: Value,
  { kernel, size, inputSize, stride, padding: [top, left, bottom] }: Windows,
): Value[] {
  const reach = (size[1] - 1) * stride + 1;
  return Array.from({ length: kernel[1] }, (_, column) => {
    const before = left - column;
    const pads = [0, 0, top, before, 0, 0, bottom, reach - before - inputSize[1]];
    const cut = pads.every((count) => count === 0) ? x : emitter.emit('Pad', [x, emitter.indices(pads)]);
    return stride === 1 ? cut : sliced(emitter, cut, { axis: 3, start: 0, end: reach, step: stride });
  });
}

/** The pixels under each position of the kernel, row by row, each as large as the output. */
function pixelsUnder(emitter: Emitter, x: Value, windows: Windows): Value[] {
  const { kernel, size, inputSize, stride, padding } = windows;
  const columns = columnsUnder(emitter, x, windows);
  const rows = inputSize[0] + padding[0] + padding[2];
  const reach = (size[0] - 1) * stride + 1;
  return Array.from({ length: kernel[0] }, (_, row) =>
    columns.map((each) =>
      rows === size[0] ? each : sliced(emitter, each, { axis: 2, start: row, end: row + reach, step: stride }),
    ),
  ).flat();
}

/**
 * Instead of rows cut out of the pictures for each position: the pictures with all their rows, and the gradients with rows of
 * zeros above and below, so that at every position the right ones meet.
 */
function embedded(emitter: Emitter, x: Value, dy: Value, windows: Windows): [Value, Value][] {
  const [height] = windows.kernel;
  const columns = columnsUnder(emitter, x, windows);
  return Array.from({ length: height }, (_, row) => {
    const pads = [0, 0, row, 0, 0, 0, height - 1 - row, 0];
    const rows = emitter.emit('Pad', [dy, emitter.indices(pads)]);
    return columns.map((each): [Value, Value] => [each, rows]);
  }).flat();
}

function sliced(
  emitter: Emitter,
  x: Value,
  { axis, start, end, step }: { axis: number; start: number; end: number; step: number },
): Value {
  return emitter.emit('Slice', [x, ...[[start], [end], [axis], [step]].map(emitter.indices)]);
}
