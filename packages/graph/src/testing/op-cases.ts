import { createRandom } from '@rewardedit/core';
import fc from 'fast-check';
import { broadcastShapes } from '../broadcast.ts';
import { ALL_TYPES, DTypeError, type DType } from '../dtype.ts';
import { adamw } from '../ops/adamw.ts';
import { after } from '../ops/after.ts';
import { ATTENTION_OPERANDS, attentionGradient } from '../ops/attention-gradient.ts';
import { attention } from '../ops/attention.ts';
import { cast } from '../ops/cast.ts';
import {
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  type ConvolutionAttributes,
} from '../ops/convolution.ts';
import {
  abs,
  add,
  cos,
  div,
  equal,
  erfOf,
  exp,
  gelu,
  greater,
  log,
  maximum,
  minimum,
  mul,
  neg,
  select,
  sigmoid,
  sin,
  sqrt,
  sub,
  tanh,
} from '../ops/elementwise.ts';
import { gather, scatterAdd } from '../ops/gather.ts';
import { groupNorm } from '../ops/group-norm.ts';
import { type OpName } from '../ops/index.ts';
import { constant, input, state } from '../ops/leaf.ts';
import { matmul } from '../ops/matmul.ts';
import { broadcastTo, concat, pad, reshape, slice, transpose } from '../ops/movement.ts';
import { inverseDeviation, normalize } from '../ops/normalization.ts';
import { max, sum } from '../ops/reduction.ts';
import { resizeNearest } from '../ops/resize.ts';
import { softmax } from '../ops/softmax.ts';
import { sizeOf, type Shape } from '../shape.ts';
import { dataOf, type TensorData } from '../tensor-data.ts';
import type { Tensor } from '../tensor.ts';

/** Random values of a leaf in the current type: between two numbers, or integers below `whole`. */
type Range = { readonly low: number; readonly high: number } | { readonly whole: number };

/** Makes a leaf with random values: between -2 and 2 by default, or i32 below `below`. */
type Leaf = (shape: Shape, range?: Range | { readonly below: number }) => Tensor;

/** Builds one node of an op from new leaves. */
export type OpCase = (leaf: Leaf) => Tensor;

const size = fc.integer({ min: 1, max: 5 });

/** Sizes of attention operands. */
const attentions = fc.record({
  front: fc.array(size, { maxLength: 2 }),
  queries: size,
  keys: size,
  width: size,
  valueWidth: size,
  masked: fc.boolean(),
});
const shape = fc.array(size, { maxLength: 4 });
const shapeOfOneAxis = fc.array(size, { minLength: 1, maxLength: 4 });

const unary = (op: (x: Tensor) => Tensor, low = -2, high = 2): fc.Arbitrary<OpCase> =>
  shape.map((dims) => (leaf) => op(leaf(dims, { low, high })));

/** Two shapes that broadcast against each other: axes of size 1 and missing leading axes on either side. */
const broadcastPair = fc
  .array(fc.tuple(size, fc.constantFrom('both', 'first', 'second')), { maxLength: 4 })
  .chain((axes) =>
    fc.record({
      a: fc.constant(axes.map(([length, who]) => (who === 'second' ? 1 : length))),
      b: fc.constant(axes.map(([length, who]) => (who === 'first' ? 1 : length))),
      dropped: fc.integer({ min: 0, max: axes.length }),
      fromFirst: fc.boolean(),
    }),
  )
  .map(({ a, b, dropped, fromFirst }) =>
    fromFirst ? { a: a.slice(dropped), b } : { a, b: b.slice(dropped) },
  );

const binary = (op: (a: Tensor, b: Tensor) => Tensor, low = -2, high = 2): fc.Arbitrary<OpCase> =>
  broadcastPair.map(
    ({ a, b }) =>
      (leaf) =>
        op(leaf(a, { low: -2, high: 2 }), leaf(b, { low, high })),
  );

/** Small integers, so that equal ones occur. */
const comparison = (op: (a: Tensor, b: Tensor) => Tensor): fc.Arbitrary<OpCase> =>
  broadcastPair.map(
    ({ a, b }) =>
      (leaf) =>
        op(leaf(a, { whole: 3 }), leaf(b, { whole: 3 })),
  );

const reduction = (op: (x: Tensor, axes: readonly number[]) => Tensor): fc.Arbitrary<OpCase> =>
  shape.chain((dims) => fc.subarray([...dims.keys()]).map((axes) => (leaf) => op(leaf(dims), axes)));

/** Operands of a convolution: padding 0 to 4, also wider than the kernel, and strides 1 to 3. */
const convolution = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    channels: size,
    outChannels: size,
    kernel: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    extra: fc.tuple(
      fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant(17)),
      fc.integer({ min: 0, max: 6 }),
    ),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.tuple(size, size, size, size).map((sides) => sides.map((count) => count - 1)),
  })
  .map(({ batch, channels, outChannels, kernel, extra, stride, padding: [top, left, bottom, right] }) => {
    const height = Math.max(kernel[0] - top - bottom, 1) + extra[0];
    const width = Math.max(kernel[1] - left - right, 1) + extra[1];
    const attributes: ConvolutionAttributes = { stride, padding: [top, left, bottom, right] };
    const x = [batch, channels, height, width];
    const w = [outChannels, channels, ...kernel];
    const windows = [top + bottom, left + right].map(
      (edge, side) => Math.floor((x[2 + side] + edge - kernel[side]) / stride) + 1,
    );
    return { x, w, y: [batch, outChannels, ...windows], attributes };
  });

const movedShape = shapeOfOneAxis.chain((dims) =>
  fc.record({
    dims: fc.constant(dims),
    counts: fc.tuple(
      ...dims.map((length) =>
        fc
          .integer({ min: 0, max: length - 1 })
          .chain((start) => fc.tuple(fc.constant(start), fc.integer({ min: 1, max: length - start }))),
      ),
    ),
  }),
);

/** An arbitrary node of every op except inputs and state. */
export const OP_CASES = {
  constant: shape.map((dims) => (leaf: Leaf) => {
    const x = leaf(dims);
    return add(x, constant(3, dims, x.dtype));
  }),
  neg: unary(neg),
  exp: unary(exp),
  log: unary(log, 0.1, 3),
  sqrt: unary(sqrt, 0.1, 3),
  sin: unary(sin, -6, 6),
  cos: unary(cos, -6, 6),
  tanh: unary(tanh),
  sigmoid: unary(sigmoid, -8, 8),
  erf: unary(erfOf),
  gelu: unary(gelu),
  abs: unary(abs),
  add: binary(add),
  sub: binary(sub),
  mul: binary(mul),
  div: binary(div, 0.5, 2),
  maximum: binary(maximum),
  minimum: binary(minimum),
  greater: comparison(greater),
  equal: comparison(equal),
  select: fc.tuple(shape, fc.constantFrom(...ALL_TYPES)).map(
    ([dims, maskType]) =>
      (leaf) =>
        select(cast(leaf(dims, { whole: 2 }), maskType), leaf(dims), leaf(dims)),
  ),
  cast: fc.tuple(shape, fc.constantFrom(...ALL_TYPES)).map(
    ([dims, dtype]) =>
      (leaf) =>
        cast(leaf(dims, { low: -9, high: 9 }), dtype),
  ),

  sum: reduction(sum),
  max: reduction(max),
  matmul: fc
    .record({
      batch: broadcastPair,
      rows: size,
      inner: size,
      columns: size,
      transposeA: fc.boolean(),
      transposeB: fc.boolean(),
    })
    .map(({ batch, rows, inner, columns, transposeA, transposeB }) => (leaf: Leaf) => {
      const a = leaf([...batch.a.slice(-2), ...(transposeA ? [inner, rows] : [rows, inner])]);
      const b = leaf([...batch.b.slice(-2), ...(transposeB ? [columns, inner] : [inner, columns])]);
      return matmul(a, b, { transposeA, transposeB });
    }),
  conv2d: convolution.map(
    ({ x, w, attributes }) =>
      (leaf) =>
        conv2d(leaf(x), leaf(w), attributes),
  ),
  conv2dInputGradient: convolution.map(
    ({ x, w, y, attributes }) =>
      (leaf) =>
        conv2dInputGradient(leaf(y), leaf(w), { ...attributes, shape: x }),
  ),
  conv2dWeightGradient: convolution.map(
    ({ x, w, y, attributes }) =>
      (leaf) =>
        conv2dWeightGradient(leaf(x), leaf(y), { ...attributes, shape: w }),
  ),
  normalize: shapeOfOneAxis.map((dims) => (leaf) => normalize(leaf(dims), 1e-3)),
  inverseDeviation: shapeOfOneAxis.map((dims) => (leaf) => inverseDeviation(leaf(dims), 1e-1)),
  groupNorm: fc
    .record({ batch: size, groups: size, perGroup: size, space: fc.array(size, { maxLength: 2 }) })
    .chain(({ batch, groups, perGroup, space }) => {
      const channels = groups * perGroup;
      const perChannel = fc.constantFrom([channels], [batch, channels]);
      return fc.tuple(perChannel, perChannel).map(
        ([weight, bias]): OpCase =>
          (leaf) =>
            groupNorm(leaf([batch, channels, ...space]), groups, leaf(weight), leaf(bias), 1e-1),
      );
    }),
  softmax: shapeOfOneAxis.map((dims) => (leaf) => softmax(leaf(dims, { low: -8, high: 8 }))),
  attentionGradient: fc
    .tuple(attentions, fc.constantFrom(...ATTENTION_OPERANDS))
    .map(([{ front, queries, keys, width, valueWidth, masked }, of]) => (leaf: Leaf) => {
      const [dy, y] = [0, 1].map(() => leaf([...front, queries, valueWidth]));
      const q = leaf([...front, queries, width]);
      const k = leaf([...front, keys, width]);
      const v = leaf([...front, keys, valueWidth]);
      const operands = [dy, y, q, k, v, ...(masked ? [leaf([queries, keys])] : [])];
      return attentionGradient(operands, { scale: 1 / Math.sqrt(width), of });
    }),
  attention: attentions.map(({ front, queries, keys, width, valueWidth, masked }) => (leaf: Leaf) => {
    const q = leaf([...front, queries, width]);
    const k = leaf([...front, keys, width]);
    const v = leaf([...front, keys, valueWidth]);
    const scale = 1 / Math.sqrt(width);
    return attention(q, k, v, masked ? { scale, mask: leaf([queries, keys]) } : { scale });
  }),

  reshape: shape.map((dims) => (leaf) => reshape(leaf(dims), [1, sizeOf(dims)])),
  broadcastTo: broadcastPair.map(({ a, b }) => (leaf: Leaf) => {
    const joint = broadcastShapes(a, b)!;
    return broadcastTo(leaf(a), joint);
  }),
  transpose: shapeOfOneAxis.chain((dims) =>
    fc
      .shuffledSubarray([...dims.keys()], { minLength: dims.length })
      .map((order) => (leaf) => transpose(leaf(dims), order)),
  ),
  slice: movedShape.map(
    ({ dims, counts }) =>
      (leaf) =>
        slice(
          leaf(dims),
          counts.map(([start]) => start),
          counts.map(([, length]) => length),
        ),
  ),
  pad: movedShape.map(
    ({ dims, counts }) =>
      (leaf) =>
        pad(
          leaf(dims),
          counts.map(([start]) => start),
          counts.map(([, length]) => length),
        ),
  ),
  concat: fc
    .record({ dims: shapeOfOneAxis, axis: fc.nat(), lengths: fc.array(size, { minLength: 1, maxLength: 4 }) })
    .map(({ dims, axis, lengths }) => (leaf: Leaf) => {
      const along = axis % dims.length;
      return concat(
        lengths.map((length) => leaf(dims.with(along, length))),
        along,
      );
    }),
  gather: fc
    .record({
      rows: size,
      row: shape.map((dims) => dims.slice(0, 2)),
      indices: shape.map((dims) => dims.slice(0, 2)),
    })
    .map(
      ({ rows, row, indices }) =>
        (leaf) =>
          gather(leaf([rows, ...row]), leaf(indices, { below: rows })),
    ),
  scatterAdd: fc
    .record({
      rows: size,
      row: shape.map((dims) => dims.slice(0, 2)),
      indices: shape.map((dims) => dims.slice(0, 2)),
    })
    .map(
      ({ rows, row, indices }) =>
        (leaf) =>
          scatterAdd(leaf(indices, { below: rows }), leaf([...indices, ...row]), rows),
    ),
  resizeNearest: fc
    .record({
      front: fc.tuple(size, size),
      from: fc.tuple(size, size),
      to: fc.tuple(size, size),
      whole: fc.boolean(),
    })
    .map(({ front, from, to, whole }) => (leaf: Leaf) => {
      const [height, width] = whole ? to.map((factor, side) => factor * from[side]) : to;
      return resizeNearest(leaf([...front, ...from]), height, width);
    }),

  after: fc.tuple(shape, shape).map(
    ([dims, others]) =>
      (leaf) =>
        after(leaf(dims), leaf(others)),
  ),
  adamw: shape.map((dims) => (leaf: Leaf) => {
    const between = { low: 0.1, high: 0.9 };
    return adamw(
      {
        parameter: leaf(dims),
        firstMoment: leaf(dims),
        secondMoment: leaf(dims, between),
        learningRate: leaf([], between),
        correction1: leaf([], between),
        correction2: leaf([], between),
      },
      { epsilon: 1e-3, weightDecay: 0.1 },
    );
  }),
} satisfies Record<Exclude<OpName, 'input' | 'state'>, fc.Arbitrary<OpCase>>;

/** A graph of cases, with values for its leaves. */
export interface BuiltCases {
  /** The node of each case, under its name. */
  readonly outputs: Record<string, Tensor>;
  readonly inputs: Record<string, TensorData>;
  readonly state: Record<string, TensorData>;
}

/**
 * Builds cases into one graph, omitting ops that reject the type. Leaves alternate between inputs and state
 * entries; their values follow from the seed.
 *
 * @param dtype the element type of all leaves except indices.
 */
export function buildCases(
  cases: Readonly<Record<string, OpCase>>,
  { seed, dtype = 'f32' }: { seed: number; dtype?: DType },
): BuiltCases {
  const built: BuiltCases = { outputs: {}, inputs: {}, state: {} };
  const random = createRandom(seed, 'op cases');
  let count = 0;

  function named(dims: Shape, type: DType, numbers: ArrayLike<number>): Tensor {
    const name = `x${count++}`;
    const kind = count % 2 === 0 ? 'state' : 'inputs';
    built[kind][name] = dataOf(type, numbers);
    return kind === 'state' ? state(name, dims, type) : input(name, dims, type);
  }
  const leaf: Leaf = (dims, range = { low: -2, high: 2 }) => {
    const length = sizeOf(dims);
    if (!('low' in range)) {
      const [limit, type] = 'below' in range ? [range.below, 'i32' as const] : [range.whole, dtype];
      return named(
        dims,
        type,
        Int32Array.from({ length }, () => random.integer(limit)),
      );
    }
    const values = new Float32Array(length);
    random.fillUniform(values, range.low, range.high);
    return named(dims, dtype, values);
  };
  for (const [name, build] of Object.entries(cases)) {
    try {
      built.outputs[name] = build(leaf);
    } catch (error) {
      if (!(error instanceof DTypeError)) throw error;
    }
  }
  return built;
}
