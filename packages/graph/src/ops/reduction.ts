import { broadcastPositions } from '../broadcast.ts';
import { FLOAT_TYPES, oneType, summedType, type DTypeRule } from '../dtype.ts';
import { sizeOf, type Shape } from '../shape.ts';
import { node, type Op, type Tensor } from '../tensor.ts';
import { cast } from './cast.ts';
import { div, equal, mul } from './elementwise.ts';
import { broadcastTo, reshape } from './movement.ts';

export interface ReductionAttributes {
  /** The reduced axes, ascending, counted from the front. Each is kept with size 1. */
  readonly axes: readonly number[];
}

/** Makes a reduction over some axes, which are kept with size 1. */
function reduction(
  name: string,
  dtype: DTypeRule,
  start: number,
  combine: (total: number, x: number) => number,
  gradient: Op<ReductionAttributes>['gradient'],
): Op<ReductionAttributes> {
  return {
    name,
    dtype,
    gradient,
    shape: ([x], { axes }, reject) => {
      if (axes.some((axis) => !(axis >= 0 && axis < x.length)))
        return reject(`axes [${axes.join(', ')}] are out of range`);
      if (new Set(axes).size < axes.length) return reject(`axes [${axes.join(', ')}] contain a duplicate`);
      return x.map((size, axis) => (axes.includes(axis) ? 1 : size));
    },
    evaluate: ([x], _, { inputs, output }) => {
      const result = new Float64Array(sizeOf(output)).fill(start);
      broadcastPositions(output, inputs[0]).forEach((target, i) => {
        result[target] = combine(result[target], x[i]);
      });
      return result;
    },
  };
}

export const sumOp = reduction(
  'sum',
  summedType,
  0,
  (total, x) => total + x,
  (dy, [x]) => [broadcastTo(cast(dy, x.dtype), x.shape)],
);

/** Tied maxima share the gradient equally. */
export const maxOp = reduction('max', oneType(FLOAT_TYPES), -Infinity, Math.max, (dy, [x], { axes }, y) => {
  const largest = equal(x, y);
  return [mul(largest, cast(div(cast(dy, 'f32'), sum(largest, axes)), x.dtype))];
});

/** Negative axes count from the back; undefined means all axes. */
function normalizeAxes(x: Tensor, axes: readonly number[] | undefined): ReductionAttributes {
  const all = axes ?? x.shape.map((_, axis) => axis);
  return { axes: all.map((axis) => (axis < 0 ? axis + x.shape.length : axis)).toSorted((a, b) => a - b) };
}

/** The sum over the given axes (all by default), which are kept with size 1; f32 also for f16. */
export function sum(x: Tensor, axes?: readonly number[]): Tensor<unknown, 'f32'> {
  return node(sumOp, [x], normalizeAxes(x, axes)) as Tensor<ReductionAttributes, 'f32'>;
}

/** The largest element over the given axes (all by default), which are kept with size 1. */
export function max(x: Tensor, axes?: readonly number[]): Tensor {
  return node(maxOp, [x], normalizeAxes(x, axes));
}

/** The mean over the given axes (all by default), which are kept with size 1; f32 also for f16. */
export function mean(x: Tensor, axes?: readonly number[]): Tensor<unknown, 'f32'> {
  const total = sum(x, axes);
  return mul(total, sizeOf(total.shape) / sizeOf(x.shape));
}

/**
 * The adjoint of broadcasting: sums x over the axes along which `shape` was repeated. Keeps the element type,
 * as gradients must.
 */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  const added = x.shape.length - shape.length;
  const repeated = x.shape.map((size, axis) => axis < added || (shape[axis - added] === 1 && size !== 1));
  const axes = [...repeated.keys()].filter((axis) => repeated[axis]);
  return reshape(axes.length === 0 ? x : cast(sum(x, axes), x.dtype), shape);
}
