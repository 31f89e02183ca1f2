import { sizeOf, type ConvolutionAttributes, type Shape } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';
import { inSinglePrecision } from './half-precision.ts';
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
 * The gradient for the weight [O, C, KH, KW]: at each kernel position, dy [O, windows of the whole batch] times the pixels under
 * that position [windows, C]. Two ways to do it in few products, of which one moves less in small pictures, one in large ones.
 */
export const conv2dWeightGradient: Lowering<'conv2dWeightGradient'> = inSinglePrecision((emitter, [x, dy], tensor) => {
  const { inputs, attributes, shape } = tensor;
  const batch = inputs[0].shape[0];
  const size = inputs[1].shape.slice(2);
  const windows: Windows = { kernel: shape.slice(2), size, inputSize: inputs[0].shape.slice(2), ...attributes };
  const [pictures, gradients] = [x, dy].map((each) => (batch === 1 ? each : channelsExchanged(emitter, each)));
  const way = attributes.stride === 1 && size[0] >= ROWS_WORTH_STACKING && shape[2] > 1 ? byRows : byColumns;
  return way(emitter, pictures, gradients, { windows, batch, shape });
});

interface Weight {
  readonly windows: Windows;
  readonly batch: number;
  /** [O, C, KH, KW] */
  readonly shape: Shape;
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
function byColumns(emitter: Emitter, pictures: Value, gradients: Value, { windows, batch, shape }: Weight): Value {
  const { kernel, size, stride } = windows;
  const [outChannels, channels] = shape;
  const count = batch * sizeOf(size);
  const columns = columnsUnder(emitter, pictures, windows);
  const reach = (size[0] - 1) * stride + 1;
  const pixels = Array.from({ length: kernel[0] }, (_, row) =>
    columns.map((each) => rowsOf(emitter, each, windows, row, row + reach)),
  ).flat();
  const all = joined(emitter, pixels, [channels, 1, count], 1);
  const result = timesTransposed(emitter, gradients, all, [outChannels, channels * sizeOf(kernel), count]);
  return emitter.emit('Reshape', [result, emitter.indices(shape)]);
}

/**
 * One product for each column of the kernel. For its rows, the gradients are stacked with rows of zeros above and below, so that
 * each lies beside the row of pixels it belongs to.
 */
function byRows(emitter: Emitter, pictures: Value, gradients: Value, { windows, batch, shape }: Weight): Value {
  const { kernel, size } = windows;
  const [outChannels, channels] = shape;
  const count = batch * (size[0] + kernel[0] - 1) * size[1];
  const shifted = Array.from({ length: kernel[0] }, (_, row) =>
    emitter.emit('Pad', [gradients, emitter.indices([0, 0, row, 0, 0, 0, kernel[0] - 1 - row, 0])]),
  );
  const stacked = joined(emitter, shifted, [1, outChannels, count], 0);
  const products = columnsUnder(emitter, pictures, windows).map((columns) =>
    timesTransposed(emitter, stacked, columns, [kernel[0] * outChannels, channels, count]),
  );
  const all = joined(emitter, products, [kernel[0], outChannels, channels, 1], 3);
  return emitter.emit('Transpose', [all], { attributes: { perm: [1, 2, 0, 3] } });
}

/** For each column of the kernel, the padded pictures without the columns that it never sees; by padding, which may be negative. */
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
