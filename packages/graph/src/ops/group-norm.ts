import { FLOAT_TYPES, oneType } from '../dtype.ts';
import { formatShape, sameShape, sizeOf, type Shape } from '../shape.ts';
import { node, type Op, type Tensor } from '../tensor.ts';
import { add, mul, sub } from './elementwise.ts';
import { reshape } from './movement.ts';
import { inverseDeviation, normalize, normalizeOp, type NormalizationAttributes } from './normalization.ts';
import { sum } from './reduction.ts';
import { inSinglePrecision } from './single-precision.ts';

export interface GroupNormAttributes extends NormalizationAttributes {
  /** Number of groups of channels. */
  readonly groups: number;
}

/** The shapes of x [N, C, ...] with one row of pixels per channel, and one row per group. */
function views([batch, channels, ...space]: Shape, groups: number): { byChannel: Shape; byGroup: Shape } {
  const pixels = sizeOf(space);
  return {
    byChannel: [batch, channels, pixels],
    byGroup: [batch, groups, (channels / groups) * pixels],
  };
}

/**
 * Group normalization of x [N, C, ...]: each group of channels of each picture is normalized by its own mean
 * and variance, then scaled by a weight and shifted by a bias per channel.
 */
export const groupNormOp: Op<GroupNormAttributes> = {
  name: 'groupNorm',
  shape: ([x, weight, bias], { groups }, reject) => {
    const [batch, channels] = x;
    if (x.length < 2) return reject('needs x as [N, C, ...]');
    if (channels % groups !== 0) return reject(`${channels} channels do not divide into ${groups} groups`);
    const fits = [weight, bias].every(
      (each) => sameShape(each, [channels]) || sameShape(each, [batch, channels]),
    );
    return fits
      ? x
      : reject(`weight and bias should be ${formatShape([channels])} or ${formatShape([batch, channels])}`);
  },
  dtype: oneType(FLOAT_TYPES),
  // As for `normalize`, with g = dy weight: dx = r (g - mean(g) - y mean(g y)). The sums per channel are also
  // the gradients of weight and bias; given these, everything except dx is small.
  gradient: inSinglePrecision((dy, [x, weight, bias], { groups, epsilon }) => {
    const { byChannel, byGroup } = views(x.shape, groups);
    const [batch, channels, pixels] = byChannel;
    // Every tensor is [N, groups, channels per group, pixels], with size 1 on some axes.
    const apart = [batch, groups, channels / groups, pixels];
    const rows = reshape(x, byGroup);
    const normalized = reshape(normalize(rows, epsilon), apart);
    const r = reshape(inverseDeviation(rows, epsilon), [batch, groups, 1, 1]);
    const share = mul(r, 1 / byGroup[2]);

    const gradient = reshape(dy, apart);
    const sums = sum(gradient, [3]);
    const dots = sum(mul(gradient, normalized), [3]);
    const factors = reshape(weight, [weight.shape.length === 1 ? 1 : batch, groups, channels / groups, 1]);
    /** The mean over the group, times r. */
    const mean = (perChannel: Tensor) => mul(sum(mul(perChannel, factors), [2]), share);
    const dx = sub(mul(gradient, mul(factors, r)), add(mul(normalized, mean(dots)), mean(sums)));
    /** The gradient of a per-channel operand, shared by all pictures or one per picture. */
    const summedTo = (perChannel: Tensor, { shape }: Tensor) =>
      reshape(shape.length === 1 ? sum(perChannel, [0]) : perChannel, shape);
    return [reshape(dx, x.shape), summedTo(dots, weight), summedTo(sums, bias)];
  }),
  evaluate: ([x, weight, bias], { groups, epsilon }, { inputs: [shape, ofWeight, ofBias] }) => {
    const { byChannel, byGroup } = views(shape, groups);
    const [, channels, pixels] = byChannel;
    const rows = { inputs: [byGroup], output: byGroup };
    return normalizeOp.evaluate([x], { epsilon }, rows).map((value, i) => {
      const channel = Math.floor(i / pixels);
      const of = (perChannel: Float64Array, { length }: Shape) =>
        perChannel[length === 1 ? channel % channels : channel];
      return value * of(weight, ofWeight) + of(bias, ofBias);
    });
  },
};

/** Group normalization of x [N, C, ...] with a weight and a bias [C], or [N, C] for one per picture. */
export function groupNorm(x: Tensor, groups: number, weight: Tensor, bias: Tensor, epsilon: number): Tensor {
  return node(groupNormOp, [x, weight, bias], { groups, epsilon });
}
