import { broadcastPositions, broadcastShapes } from '../broadcast.ts';
import { ALL_TYPES, FLOAT_TYPES, oneType, type DType } from '../dtype.ts';
import { erf } from '../erf.ts';
import { sameShape } from '../shape.ts';
import { node, type Op, type Tensor } from '../tensor.ts';
import { constant } from './leaf.ts';
import { sumTo } from './reduction.ts';

type Derivative1 = (dy: Tensor, x: Tensor, y: Tensor) => Tensor | undefined;
type Derivative2 = (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => readonly (Tensor | undefined)[];

/** Makes a unary op from its formula and derivative. */
function unary(
  name: string,
  formula: (x: number) => number,
  derivative: Derivative1,
  types: readonly DType[] = FLOAT_TYPES,
): Op<null> {
  return {
    name,
    shape: ([x]) => x,
    dtype: oneType(types),
    gradient: (dy, [x], _, y) => [derivative(dy, x, y)],
    evaluate: ([x]) => x.map(formula),
  };
}

/** Makes a binary op, whose operands broadcast, from its formula and two derivatives. */
function binary(
  name: string,
  formula: (a: number, b: number) => number,
  derivative: Derivative2,
  types: readonly DType[] = ALL_TYPES,
): Op<null> {
  return {
    name,
    shape: ([a, b], _, reject) =>
      broadcastShapes(a, b) ?? reject('the shapes do not broadcast against each other'),
    dtype: oneType(types),
    gradient: (dy, [a, b], _, y) => {
      const [da, db] = derivative(dy, a, b, y);
      return [da && sumTo(da, a.shape), db && sumTo(db, b.shape)];
    },
    evaluate: ([a, b], _, { inputs, output }) => {
      const inA = broadcastPositions(inputs[0], output);
      const inB = broadcastPositions(inputs[1], output);
      return Float64Array.from(inA, (position, i) => formula(a[position], b[inB[i]]));
    },
  };
}

export const negOp = unary(
  'neg',
  (x) => -x,
  (dy) => neg(dy),
  ALL_TYPES,
);
export const expOp = unary('exp', Math.exp, (dy, _, y) => mul(dy, y));
export const logOp = unary('log', Math.log, (dy, x) => div(dy, x));
export const sqrtOp = unary('sqrt', Math.sqrt, (dy, _, y) => div(mul(dy, 0.5), y));
export const sinOp = unary('sin', Math.sin, (dy, x) => mul(dy, cos(x)));
export const cosOp = unary('cos', Math.cos, (dy, x) => neg(mul(dy, sin(x))));
export const tanhOp = unary('tanh', Math.tanh, (dy, _, y) => mul(dy, sub(1, mul(y, y))));
export const sigmoidOp = unary(
  'sigmoid',
  (x) => 1 / (1 + Math.exp(-x)),
  (dy, _, y) => mul(dy, mul(y, sub(1, y))),
);
/** The Gauss error function; its derivative is 2/sqrt(pi) exp(-x^2). */
export const erfOp = unary('erf', erf, (dy, x) => mul(dy, mul(2 / Math.sqrt(Math.PI), exp(neg(mul(x, x))))));
/**
 * x P(x), with P the cumulative distribution function of the normal distribution and p its density, so the
 * derivative is P + x p. The normalization of p is folded into the exponent, which saves a pass over the
 * elements.
 */
export const geluOp = unary(
  'gelu',
  (x) => (x * (1 + erf(x * Math.SQRT1_2))) / 2,
  (dy, x) => {
    const t = mul(x, Math.SQRT1_2);
    const distribution = mul(add(erfOf(t), 1), 0.5);
    const density = exp(sub(-Math.log(2 * Math.PI) / 2, mul(t, t)));
    return mul(dy, add(distribution, mul(x, density)));
  },
);
/** The derivative at zero is -1, a valid subgradient. */
export const absOp = unary('abs', Math.abs, (dy, x) => mul(dy, sub(mul(2, greater(x, 0)), 1)), ALL_TYPES);

export const addOp = binary(
  'add',
  (a, b) => a + b,
  (dy) => [dy, dy],
);
export const subOp = binary(
  'sub',
  (a, b) => a - b,
  (dy) => [dy, neg(dy)],
);
export const mulOp = binary(
  'mul',
  (a, b) => a * b,
  (dy, a, b) => [mul(dy, b), mul(dy, a)],
);
export const divOp = binary(
  'div',
  (a, b) => a / b,
  (dy, _, b, y) => [div(dy, b), neg(div(mul(dy, y), b))],
  FLOAT_TYPES,
);
/** The gradient of a tie goes to the second operand. */
export const maximumOp = binary('maximum', Math.max, (dy, a, b) => {
  const first = greater(a, b);
  return [mul(dy, first), mul(dy, sub(1, first))];
});
/** The gradient of a tie goes to the second operand. */
export const minimumOp = binary('minimum', Math.min, (dy, a, b) => {
  const first = greater(b, a);
  return [mul(dy, first), mul(dy, sub(1, first))];
});

/** 1 where a > b, 0 elsewhere. Piecewise constant, so no gradient flows through it. */
export const greaterOp = binary(
  'greater',
  (a, b) => Number(a > b),
  () => [undefined, undefined],
);
/** 1 where a = b, 0 elsewhere. Piecewise constant, so no gradient flows through it. */
export const equalOp = binary(
  'equal',
  (a, b) => Number(a === b),
  () => [undefined, undefined],
);

/** a where the mask, of any element type, is nonzero, b elsewhere; all three have the same shape. */
export const selectOp: Op<null> = {
  name: 'select',
  shape: ([mask, a, b], _, reject) =>
    sameShape(mask, a) && sameShape(mask, b)
      ? mask
      : reject('the mask and both operands must have the same shape'),
  dtype: ([, ...choices], attributes, reject) => oneType(ALL_TYPES)(choices, attributes, reject),
  gradient: (dy, [mask]) => {
    const zeros = constant(0, dy.shape, dy.dtype);
    return [undefined, select(mask, dy, zeros), select(mask, zeros, dy)];
  },
  evaluate: ([mask, a, b]) => mask.map((chosen, i) => (chosen !== 0 ? a[i] : b[i])),
};

/** A tensor, or a number: a scalar of the other operand's element type. */
type Operand<D extends DType> = Tensor<unknown, D> | number;

function combine<D extends DType>(
  op: Op<null>,
  ...operands: readonly [Operand<D>, Operand<D>]
): Tensor<unknown, D> {
  const dtypes = operands.flatMap((operand) => (typeof operand === 'number' ? [] : operand.dtype));
  const [a, b] = operands.map((operand) =>
    typeof operand === 'number' ? constant(operand, [], dtypes[0] ?? 'f32') : operand,
  );
  return node(op, [a, b], null) as Tensor<null, D>;
}

function apply<D extends DType>(op: Op<null>, x: Tensor<unknown, D>): Tensor<unknown, D> {
  return node(op, [x], null) as Tensor<null, D>;
}

export const neg = <D extends DType>(x: Tensor<unknown, D>): Tensor<unknown, D> => apply(negOp, x);
export const exp = <D extends DType>(x: Tensor<unknown, D>): Tensor<unknown, D> => apply(expOp, x);
export const log = <D extends DType>(x: Tensor<unknown, D>): Tensor<unknown, D> => apply(logOp, x);
export const sqrt = <D extends DType>(x: Tensor<unknown, D>): Tensor<unknown, D> => apply(sqrtOp, x);
export const sin = <D extends DType>(x: Tensor<unknown, D>): Tensor<unknown, D> => apply(sinOp, x);
export const cos = <D extends DType>(x: Tensor<unknown, D>): Tensor<unknown, D> => apply(cosOp, x);
export const tanh = <D extends DType>(x: Tensor<unknown, D>): Tensor<unknown, D> => apply(tanhOp, x);
export const sigmoid = <D extends DType>(x: Tensor<unknown, D>): Tensor<unknown, D> => apply(sigmoidOp, x);
export const erfOf = <D extends DType>(x: Tensor<unknown, D>): Tensor<unknown, D> => apply(erfOp, x);
/** The exact GELU, x (1 + erf(x / sqrt 2)) / 2. */
export const gelu = <D extends DType>(x: Tensor<unknown, D>): Tensor<unknown, D> => apply(geluOp, x);
export const abs = <D extends DType>(x: Tensor<unknown, D>): Tensor<unknown, D> => apply(absOp, x);
export const add = <D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<unknown, D> =>
  combine(addOp, a, b);
export const sub = <D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<unknown, D> =>
  combine(subOp, a, b);
export const mul = <D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<unknown, D> =>
  combine(mulOp, a, b);
export const div = <D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<unknown, D> =>
  combine(divOp, a, b);
export const maximum = <D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<unknown, D> =>
  combine(maximumOp, a, b);
export const minimum = <D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<unknown, D> =>
  combine(minimumOp, a, b);
export const greater = <D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<unknown, D> =>
  combine(greaterOp, a, b);
export const equal = <D extends DType>(a: Operand<D>, b: Operand<D>): Tensor<unknown, D> =>
  combine(equalOp, a, b);
export const select = <D extends DType>(
  mask: Tensor,
  a: Tensor<unknown, D>,
  b: Tensor<unknown, D>,
): Tensor<unknown, D> => node(selectOp, [mask, a, b], null) as Tensor<null, D>;
