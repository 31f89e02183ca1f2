import { sizeOf, type ConvolutionAttributes, type Shape } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';
import { inSinglePrecision } from './half-precision.ts';
import { scalar } from './leaf.ts';
import type { Lowering } from './lowering.ts';
import { product } from './matmul.ts';
import { channelsExchanged, sliced } from './rearrange.ts';

/** A convolution as its weight's gradient sees it. */
interface Windows {
  readonly kernel: Shape;
  /** Height and width of the output, and of the input. */
  readonly size: Shape;
  readonly inputSize: Shape;
  readonly stride: number;
  readonly padding: ConvolutionAttributes['padding'];
}

/** From this height of the output on, rows are stacked. */
const ROWS_WORTH_STACKING = 16;

/**
 * The gradient for the weight [O, C, KH, KW]: at each kernel position, dy [O, windows of the whole batch]
 * times the pixels under that position [windows, C]. Two ways to do it in few products, of which one moves
 * less in small pictures, one in large ones.
 */
export const conv2dWeightGradient: Lowering<'conv2dWeightGradient'> = inSinglePrecision(
  (emitter, [x, dy], { inputs, attributes, shape }) => {
    const [pictures, gradients] = inputs.map((input) => input.shape);
    const size = gradients.slice(2);
    const windows: Windows = { kernel: shape.slice(2), size, inputSize: pictures.slice(2), ...attributes };
    const stackable = attributes.stride === 1 && size[0] >= ROWS_WORTH_STACKING && shape[2] > 1;
    const way = stackable ? byRows : byColumns;
    return way(emitter, x, dy, { windows, batch: pictures[0], shape });
  },
);

interface Weight {
  readonly windows: Windows;
  readonly batch: number;
  /** [O, C, KH, KW] */
  readonly shape: Shape;
}

/** The first two axes exchanged, so that the pictures of a batch lie beside one another. */
function byChannel(emitter: Emitter, pictures: Value, batch: number): Value {
  return batch === 1 ? pictures : channelsExchanged(emitter, pictures);
}

/** a [rows, n] times the transposed of b [columns, n]. */
function timesTransposed(emitter: Emitter, a: Value, b: Value, [rows, columns, n]: Shape): Value {
  const [left, right] = [[a, rows] as const, [b, columns] as const].map(([value, count]) => {
    const shape = [count, n];
    return { value: emitter.emit('Reshape', [value, emitter.indices(shape)]), shape };
  });
  return product(emitter, left, right, { transposeB: true });
}

function joined(emitter: Emitter, values: readonly Value[], shape: Shape, axis: number): Value {
  const parts = values.map((value) => emitter.emit('Reshape', [value, emitter.indices(shape)]));
  return parts.length === 1 ? parts[0] : emitter.emit('Concat', parts, { attributes: { axis } });
}

/** One product for all positions, from a matrix of the pixels under all of them. */
function byColumns(emitter: Emitter, x: Value, dy: Value, { windows, batch, shape }: Weight): Value {
  const { kernel, size, stride } = windows;
  const [outChannels, channels] = shape;
  const count = batch * sizeOf(size);
  const columns = columnsUnder(emitter, byChannel(emitter, x, batch), windows);
  const reach = (size[0] - 1) * stride + 1;
  const pixels = Array.from({ length: kernel[0] }, (_, row) =>
    columns.map((each) => rowsOf(emitter, each, windows, row, row + reach)),
  ).flat();
  const all = joined(emitter, pixels, [channels, 1, count], 1);
  const gradients = byChannel(emitter, dy, batch);
  const result = timesTransposed(emitter, gradients, all, [outChannels, channels * sizeOf(kernel), count]);
  return emitter.emit('Reshape', [result, emitter.indices(shape)]);
}

/**
 * One product for each column of the kernel. For its rows, the gradients are repeated, each copy shifted so
 * that it lies beside the row of pixels it belongs to: row u has u rows of zeros above it and the rest below,
 * which makes KH rows from each copy to the next.
 */
function byRows(emitter: Emitter, x: Value, dy: Value, { windows, batch, shape }: Weight): Value {
  const { kernel, size } = windows;
  const [outChannels, channels] = shape;
  const [rows] = kernel;
  const pixels = (size[0] + rows - 1) * size[1];

  const flat = emitter.emit('Reshape', [dy, emitter.indices([batch, outChannels, sizeOf(size)])]);
  const gap = emitter.emit('Expand', [
    scalar(emitter, 0),
    emitter.indices([batch, outChannels, rows * size[1]]),
  ]);
  const copies = Array.from({ length: rows }, (_, row) => (row === 0 ? [flat] : [gap, flat])).flat();
  const shifted = emitter.emit('Concat', copies, { attributes: { axis: 2 } });
  const pictures = emitter.emit('Reshape', [
    shifted,
    emitter.indices([batch, outChannels * rows, pixels, 1]),
  ]);
  const gradients = byChannel(emitter, pictures, batch);

  const products = columnsUnder(emitter, byChannel(emitter, x, batch), windows).map((columns) =>
    timesTransposed(emitter, gradients, columns, [outChannels * rows, channels, batch * pixels]),
  );
  const all = joined(emitter, products, [outChannels, rows, channels, 1], 3);
  return emitter.emit('Transpose', [all], { attributes: { perm: [0, 2, 1, 3] } });
}

/**
 * For each column of the kernel, the padded pictures without the columns that it never sees; by padding,
 * which may be negative.
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
