import { broadcastPositions, broadcastShapes } from '../broadcast.ts';
import { ALL_TYPES, oneType, type DType } from '../dtype.ts';
import { areCounts, formatShape, sameShape, sizeOf, type Shape } from '../shape.ts';
import { positionsOf, stridesOf } from '../strides.ts';
import { node, ShapeError, type Op, type Tensor } from '../tensor.ts';
import { sumTo } from './reduction.ts';

/** Returns the elements of x at these positions. */
function taken(x: Float64Array, positions: Int32Array): Float64Array {
  return Float64Array.from(positions, (position) => x[position]);
}

/** Returns the position of the element with this index. */
function positionOf(index: readonly number[], strides: readonly number[]): number {
  return index.reduce((position, i, axis) => position + i * strides[axis], 0);
}

export interface ShapeAttributes {
  readonly shape: Shape;
}

/** The same elements in the same order under another shape. */
export const reshapeOp: Op<ShapeAttributes> = {
  name: 'reshape',
  shape: ([x], { shape }, reject) =>
    areCounts(shape) && sizeOf(x) === sizeOf(shape)
      ? shape
      : reject(`${sizeOf(x)} elements do not fit ${formatShape(shape)}`),
  dtype: oneType(ALL_TYPES),
  gradient: (dy, [x]) => [reshape(dy, x.shape)],
  evaluate: ([x]) => x.slice(),
};

/** Repeats axes of size 1 and adds leading axes. */
export const broadcastToOp: Op<ShapeAttributes> = {
  name: 'broadcastTo',
  shape: ([x], { shape }, reject) => {
    const joint = broadcastShapes(x, shape);
    return joint && sameShape(joint, shape) ? shape : reject(`does not broadcast to ${formatShape(shape)}`);
  },
  dtype: oneType(ALL_TYPES),
  gradient: (dy, [x]) => [sumTo(dy, x.shape)],
  evaluate: ([x], _, { inputs, output }) => taken(x, broadcastPositions(inputs[0], output)),
};

export interface TransposeAttributes {
  /** Axis i of the output is axis order[i] of the input. */
  readonly order: readonly number[];
}

export const transposeOp: Op<TransposeAttributes> = {
  name: 'transpose',
  shape: ([x], { order }, reject) =>
    order.length === x.length && x.every((_, axis) => order.includes(axis))
      ? order.map((axis) => x[axis])
      : reject(`[${order.join(', ')}] is not a permutation of its ${x.length} axes`),
  dtype: oneType(ALL_TYPES),
  gradient: (dy, _, { order }) => [
    transpose(
      dy,
      order.map((_, axis) => order.indexOf(axis)),
    ),
  ],
  evaluate: ([x], { order }, { inputs, output }) => {
    const strides = stridesOf(inputs[0]);
    const positions = positionsOf(
      output,
      order.map((axis) => strides[axis]),
    );
    return taken(x, positions);
  },
};

export interface SliceAttributes {
  /** First index kept along each axis. */
  readonly starts: readonly number[];
  /** Number of elements kept along each axis. */
  readonly sizes: readonly number[];
}

export const sliceOp: Op<SliceAttributes> = {
  name: 'slice',
  shape: ([x], { starts, sizes }, reject) => {
    const fits =
      starts.length === x.length &&
      sizes.length === x.length &&
      areCounts([...starts, ...sizes]) &&
      x.every((size, axis) => starts[axis] + sizes[axis] <= size);
    return fits
      ? sizes
      : reject(`a block of ${formatShape(sizes)} from [${starts.join(', ')}] is out of range`);
  },
  dtype: oneType(ALL_TYPES),
  gradient: (dy, [x], { starts, sizes }) => [
    pad(
      dy,
      starts,
      x.shape.map((size, axis) => size - starts[axis] - sizes[axis]),
    ),
  ],
  evaluate: ([x], { starts }, { inputs, output }) => {
    const strides = stridesOf(inputs[0]);
    return taken(x, positionsOf(output, strides, positionOf(starts, strides)));
  },
};

export interface PadAttributes {
  /** Zeros added at the start of each axis. */
  readonly before: readonly number[];
  /** Zeros added at the end of each axis. */
  readonly after: readonly number[];
}

export const padOp: Op<PadAttributes> = {
  name: 'pad',
  shape: ([x], { before, after }, reject) => {
    const fits = [before, after].every((counts) => counts.length === x.length && areCounts(counts));
    return fits
      ? x.map((size, axis) => size + before[axis] + after[axis])
      : reject(`needs one count of 0 or more per axis, not [${before.join(', ')}] and [${after.join(', ')}]`);
  },
  dtype: oneType(ALL_TYPES),
  gradient: (dy, [x], { before }) => [slice(dy, before, x.shape)],
  evaluate: ([x], { before }, { inputs, output }) => {
    const strides = stridesOf(output);
    const result = new Float64Array(sizeOf(output));
    positionsOf(inputs[0], strides, positionOf(before, strides)).forEach((position, i) => {
      result[position] = x[i];
    });
    return result;
  },
};

export interface ConcatAttributes {
  readonly axis: number;
}

export const concatOp: Op<ConcatAttributes> = {
  name: 'concat',
  shape: (inputs, { axis }, reject) => {
    const [first] = inputs;
    if (!(axis >= 0 && axis < first.length)) return reject(`axis ${axis} is out of range`);
    const alike = inputs.every(
      (x) => x.length === first.length && x.every((size, i) => i === axis || size === first[i]),
    );
    if (!alike) return reject(`all axes except ${axis} must be equal`);
    return first.with(
      axis,
      inputs.reduce((total, x) => total + x[axis], 0),
    );
  },
  dtype: oneType(ALL_TYPES),
  gradient: (dy, inputs, { axis }) => {
    let start = 0;
    return inputs.map((x) => {
      const part = slice(
        dy,
        x.shape.map((_, i) => (i === axis ? start : 0)),
        x.shape,
      );
      start += x.shape[axis];
      return part;
    });
  },
  evaluate: (inputs, { axis }, { inputs: shapes, output }) => {
    const result = new Float64Array(sizeOf(output));
    const outer = sizeOf(output.slice(0, axis));
    let offset = 0;
    for (let block = 0; block < outer; block++) {
      for (const [i, x] of inputs.entries()) {
        const length = sizeOf(shapes[i].slice(axis));
        result.set(x.subarray(block * length, (block + 1) * length), offset);
        offset += length;
      }
    }
    return result;
  },
};

export function reshape<D extends DType>(x: Tensor<unknown, D>, shape: Shape): Tensor<unknown, D> {
  return sameShape(x.shape, shape) ? x : (node(reshapeOp, [x], { shape }) as Tensor<ShapeAttributes, D>);
}

export function broadcastTo<D extends DType>(x: Tensor<unknown, D>, shape: Shape): Tensor<unknown, D> {
  return sameShape(x.shape, shape) ? x : (node(broadcastToOp, [x], { shape }) as Tensor<ShapeAttributes, D>);
}

/** Axis i of the result is axis order[i] of x. */
export function transpose(x: Tensor, order: readonly number[]): Tensor {
  return node(transposeOp, [x], { order });
}

/** Returns the block of the given sizes that begins at `starts`. */
export function slice(x: Tensor, starts: readonly number[], sizes: readonly number[]): Tensor {
  return sameShape(x.shape, sizes) && starts.every((start) => start === 0)
    ? x
    : node(sliceOp, [x], { starts, sizes });
}

/** Returns x padded with zeros. */
export function pad(x: Tensor, before: readonly number[], after: readonly number[]): Tensor {
  return [...before, ...after].every((count) => count === 0) ? x : node(padOp, [x], { before, after });
}

/** Concatenates the inputs along an axis (negative axes count from the back). */
export function concat(inputs: readonly Tensor[], axis: number): Tensor {
  if (inputs.length === 0) throw new ShapeError('concat', [], 'needs at least one tensor');
  return node(concatOp, inputs, { axis: axis < 0 ? axis + inputs[0].shape.length : axis });
}

/** Splits x into equal parts along an axis (negative axes count from the back). */
export function split(x: Tensor, parts: number, axis: number): Tensor[] {
  const along = axis < 0 ? axis + x.shape.length : axis;
  if (!areCounts([x.shape[along] / parts]))
    throw new ShapeError('split', [x.shape], `axis ${axis} does not split into ${parts} equal parts`);
  const sizes = x.shape.with(along, x.shape[along] / parts);
  return Array.from({ length: parts }, (_, part) =>
    slice(
      x,
      x.shape.map((_, i) => (i === along ? part * sizes[along] : 0)),
      sizes,
    ),
  );
}
