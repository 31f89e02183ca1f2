import { sameShape, sizeOf, type ConvolutionAttributes, type Shape } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';
import { inSinglePrecision } from './half-precision.ts';
import type { Lowering } from './lowering.ts';
import { product, type Operand } from './matmul.ts';
import { channelsExchanged, sliced } from './rearrange.ts';

/** A convolution from the perspective of its weight's gradient. */
interface Windows {
  readonly kernel: Shape;
  /** Height and width of the output, and of the input. */
  readonly size: Shape;
  readonly inputSize: Shape;
  readonly stride: number;
  readonly padding: ConvolutionAttributes['padding'];
}

/**
 * The gradient with respect to the weight [O, C, KH, KW]: for each kernel position, the product of dy [O,
 * pixels of the whole batch] and the pixels at that position [pixels, C]. If the output is as large as the
 * input, as it almost always is, these are shifted pictures, and shifts are cheap.
 */
export const conv2dWeightGradient: Lowering<'conv2dWeightGradient'> = inSinglePrecision(
  (emitter, [x, dy], { inputs, attributes, shape }) => {
    const [pictures, gradients] = inputs.map((input) => input.shape);
    const size = gradients.slice(2);
    const windows: Windows = { kernel: shape.slice(2), size, inputSize: pictures.slice(2), ...attributes };
    const way = attributes.stride === 1 && sameShape(size, windows.inputSize) ? byShifts : byColumns;
    return way(emitter, x, dy, { windows, batch: pictures[0], shape });
  },
);

interface Weight {
  readonly windows: Windows;
  readonly batch: number;
  /** [O, C, KH, KW] */
  readonly shape: Shape;
}

/** Swaps the first two axes, so that the pictures of a batch are contiguous per channel. */
function byChannel(emitter: Emitter, pictures: Value, batch: number): Value {
  return batch === 1 ? pictures : channelsExchanged(emitter, pictures);
}

/** Reshapes a value to a matrix. */
function asMatrix(emitter: Emitter, value: Value, shape: Shape): Operand {
  return { value: emitter.emit('Reshape', [value, emitter.indices(shape)]), shape };
}

/** One product for all positions, with a matrix of the pixels at all of them. */
function byColumns(emitter: Emitter, x: Value, dy: Value, { windows, batch, shape }: Weight): Value {
  const { kernel, size, stride } = windows;
  const [outChannels, channels] = shape;
  const count = batch * sizeOf(size);
  const columns = columnsUnder(emitter, byChannel(emitter, x, batch), windows);
  const reach = (size[0] - 1) * stride + 1;
  const pixels = Array.from({ length: kernel[0] }, (_, row) =>
    columns.map((each) => rowsOf(emitter, each, windows, row, row + reach)),
  ).flat();
  const parts = pixels.map((value) =>
    emitter.emit('Reshape', [value, emitter.indices([channels, 1, count])]),
  );
  const all = emitter.emit('Concat', parts, { attributes: { axis: 1 } });
  const result = product(
    emitter,
    asMatrix(emitter, byChannel(emitter, dy, batch), [outChannels, count]),
    asMatrix(emitter, all, [channels * sizeOf(kernel), count]),
    { transposeB: true },
  );
  return emitter.emit('Reshape', [result, emitter.indices(shape)]);
}

/**
 * One product per position. A position (rows, columns) away from the output pixel shifts the picture by the
 * rows and the gradient by the columns in the opposite direction. Pixels are numbered through each channel,
 * so that both shifts move long contiguous runs; a shift by columns moves the ends of rows into their
 * neighbours, where a factor of 0 cancels them.
 */
function byShifts(emitter: Emitter, x: Value, dy: Value, { windows, batch, shape }: Weight): Value {
  const { kernel, size, padding } = windows;
  const [outChannels, channels] = shape;
  const [, width] = size;
  const [top, left] = padding;
  const pixels = sizeOf(size);
  const reshaped = (value: Value, to: Shape) => emitter.emit('Reshape', [value, emitter.indices(to)]);

  const pictures = byChannel(emitter, x, batch);
  const under = Array.from({ length: kernel[0] }, (_, row) => {
    const before = top - row;
    const pads = [0, 0, before, 0, 0, 0, -before, 0];
    const shifted = before === 0 ? pictures : emitter.emit('Pad', [pictures, emitter.indices(pads)]);
    return asMatrix(emitter, shifted, [channels, batch * pixels]);
  });
  const gradients = asMatrix(emitter, byChannel(emitter, dy, batch), [outChannels, batch * pixels]);
  const over = Array.from({ length: kernel[1] }, (_, column): Operand => {
    const before = column - left;
    if (before === 0) return gradients;
    const shifted = emitter.emit('Pad', [gradients.value, emitter.indices([0, before, 0, -before])]);
    const stays = Float32Array.from({ length: batch * pixels }, (_, pixel) => {
      const from = (pixel % width) - before;
      return Number(from >= 0 && from < width);
    });
    const mask = emitter.constant('f32', [1, batch * pixels], new Uint8Array(stays.buffer));
    return { value: emitter.emit('Mul', [shifted, mask]), shape: gradients.shape };
  });
  const products = under.flatMap((picture) =>
    over.map((gradient) => product(emitter, gradient, picture, { transposeB: true })),
  );
  if (products.length === 1) return reshaped(products[0], shape);
  const matrices = emitter.emit('Concat', products, { attributes: { axis: 0 } });
  const flat = reshaped(matrices, [products.length, outChannels * channels]);
  return reshaped(emitter.emit('Transpose', [flat], { attributes: { perm: [1, 0] } }), shape);
}

/**
 * For each column of the kernel, the padded pictures without the columns it never reaches, by (possibly
 * negative) padding.
 */
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

function rowsOf(
  emitter: Emitter,
  x: Value,
  { inputSize, stride, padding: [top, , bottom] }: Windows,
  start: number,
  end: number,
): Value {
  const all = start === 0 && end === inputSize[0] + top + bottom && stride === 1;
  return all ? x : sliced(emitter, x, { axis: 2, start, end, step: stride });
}
