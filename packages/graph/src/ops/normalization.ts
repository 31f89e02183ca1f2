import { FLOAT_TYPES, oneType, summedType } from '../dtype.ts';
import { node, type Op, type Tensor } from '../tensor.ts';
import { add, mul, neg, sub } from './elementwise.ts';
import { mean } from './reduction.ts';
import { inSinglePrecision } from './single-precision.ts';

export interface NormalizationAttributes {
  /** Added to the variance to avoid division by zero. */
  readonly epsilon: number;
}

/** Mean and 1 / sqrt(variance + epsilon) of every row along the last axis. */
function moments(
  x: Float64Array,
  width: number,
  epsilon: number,
): { mean: number; inverseDeviation: number }[] {
  return Array.from({ length: x.length / width }, (_, row) => {
    const values = x.subarray(row * width, (row + 1) * width);
    const mean = values.reduce((total, value) => total + value, 0) / width;
    const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / width;
    return { mean, inverseDeviation: 1 / Math.sqrt(variance + epsilon) };
  });
}

/**
 * (x - mean) / sqrt(variance + epsilon) along the last axis, the common part of layer norm and group norm.
 */
export const normalizeOp: Op<NormalizationAttributes> = {
  name: 'normalize',
  shape: ([x], _, reject) => (x.length > 0 ? x : reject('needs at least one axis')),
  dtype: oneType(FLOAT_TYPES),
  // dx = r (dy - mean(dy) - y mean(dy y)), with r the inverse deviation: mean and variance depend on x, too.
  gradient: inSinglePrecision((dy, [x], { epsilon }, y) => {
    const centred = sub(sub(dy, mean(dy, [-1])), mul(y, mean(mul(dy, y), [-1])));
    return [mul(inverseDeviation(x, epsilon), centred)];
  }),
  evaluate: ([x], { epsilon }, { output }) => {
    const width = output[output.length - 1];
    const rows = moments(x, width, epsilon);
    return x.map((value, i) => {
      const { mean, inverseDeviation } = rows[Math.floor(i / width)];
      return (value - mean) * inverseDeviation;
    });
  },
};

/** 1 / sqrt(variance + epsilon) along the last axis, which is kept with size 1. */
export const inverseDeviationOp: Op<NormalizationAttributes> = {
  name: 'inverseDeviation',
  shape: ([x], _, reject) => (x.length > 0 ? x.with(x.length - 1, 1) : reject('needs at least one axis')),
  // f32 also for f16 rows: of a nearly constant row it is 1 / sqrt(epsilon), which may overflow f16.
  dtype: summedType,
  // d r / dx = -r^2 y / width, with y the normalized x.
  gradient: inSinglePrecision((dy, [x], { epsilon }, r) => [
    mul(mul(dy, neg(mul(r, r))), mul(normalize(x, epsilon), 1 / x.shape[x.shape.length - 1])),
  ]),
  evaluate: ([x], { epsilon }, { inputs: [shape] }) =>
    Float64Array.from(moments(x, shape[shape.length - 1], epsilon), (row) => row.inverseDeviation),
};

/** (x - mean) / sqrt(variance + epsilon) along the last axis. */
export function normalize(x: Tensor, epsilon: number): Tensor {
  return node(normalizeOp, [x], { epsilon });
}

/** 1 / sqrt(variance + epsilon) along the last axis, which is kept with size 1; f32 also for f16 rows. */
export function inverseDeviation(x: Tensor, epsilon: number): Tensor {
  return node(inverseDeviationOp, [x], { epsilon });
}

/** Layer normalization of x [..., D] with a weight and a bias [D]. */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, epsilon: number): Tensor {
  return add(mul(normalize(x, epsilon), weight), bias);
}
