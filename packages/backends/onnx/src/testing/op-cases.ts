import { createRandom } from '@rewardedit/core';
import {
  abs,
  adamw,
  add,
  after,
  attention,
  broadcastShapes,
  broadcastTo,
  cast,
  concat,
  constant,
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  cos,
  div,
  equal,
  erfOf,
  exp,
  gather,
  gelu,
  greater,
  groupNorm,
  input,
  inverseDeviation,
  log,
  matmul,
  max,
  maximum,
  minimum,
  mul,
  neg,
  normalize,
  pad,
  reshape,
  resizeNearest,
  scatterAdd,
  select,
  sigmoid,
  sin,
  sizeOf,
  slice,
  softmax,
  sqrt,
  state,
  sub,
  sum,
  tanh,
  transpose,
  type ConvolutionAttributes,
  type OpName,
  type Shape,
  type Tensor,
  type TensorData,
} from '@rewardedit/graph';
import fc from 'fast-check';

/** Makes a leaf with random values: between low and high, or whole numbers below `below`. */
type Leaf = (shape: Shape, range?: { low: number; high: number } | { below: number }) => Tensor;

/** Builds one node of an op from fresh leaves. */
export type OpCase = (leaf: Leaf) => Tensor;

const size = fc.integer({ min: 1, max: 5 });
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

/** Small whole numbers, so that equal ones occur. */
const comparison = (op: (a: Tensor, b: Tensor) => Tensor): fc.Arbitrary<OpCase> =>
  broadcastPair.map(
    ({ a, b }) =>
      (leaf) =>
        op(cast(leaf(a, { below: 3 }), 'f32'), cast(leaf(b, { below: 3 }), 'f32')),
  );

const reduction = (op: (x: Tensor, axes: readonly number[]) => Tensor): fc.Arbitrary<OpCase> =>
  shape.chain((dims) => fc.subarray([...dims.keys()]).map((axes) => (leaf) => op(leaf(dims), axes)));

/** A convolution's operands: any padding up to one past the kernel, strides 1 to 3. */
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

/** An arbitrary node of every op that computes something. */
export const OP_CASES = {
  constant: shape.map((dims) => (leaf: Leaf) => {
    const x = leaf(dims);
    return add(x, constant(0.75, dims, x.dtype));
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
  select: shape.map(
    (dims) => (leaf) => select(cast(leaf(dims, { below: 2 }), 'f32'), leaf(dims), leaf(dims)),
  ),
  cast: shape.map((dims) => (leaf) => cast(leaf(dims, { low: -9, high: 9 }), 'i32')),

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
  attention: fc
    .record({
      front: fc.array(size, { maxLength: 2 }),
      queries: size,
      keys: size,
      width: size,
      valueWidth: size,
      masked: fc.boolean(),
    })
    .map(({ front, queries, keys, width, valueWidth, masked }) => (leaf: Leaf) => {
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

/**
 * Builds cases into one graph; its leaves are inputs and state entries by turns, with values that follow from
 * the seed.
 *
 * @param dtype of all leaves that are not indices: f16 ones are made from float32 ones.
 */
export function buildCases(
  cases: Readonly<Record<string, OpCase>>,
  { seed, dtype = 'f32' }: { seed: number; dtype?: 'f32' | 'f16' },
): {
  outputs: Record<string, Tensor>;
  inputs: Record<string, TensorData>;
  state: Record<string, Float32Array>;
} {
  const inputs: Record<string, TensorData> = {};
  const entries: Record<string, Float32Array> = {};
  const random = createRandom(seed, 'op cases');
  let count = 0;
  const leaf: Leaf = (dims, range = { low: -2, high: 2 }) => {
    const name = `x${count++}`;
    const length = sizeOf(dims);
    if ('below' in range) {
      inputs[name] = Int32Array.from({ length }, () => random.integer(range.below));
      return input(name, dims, 'i32');
    }
    const values = new Float32Array(length);
    random.fillUniform(values, range.low, range.high);
    // Numbers that float16 has, so that only what is done to them is rounded.
    if (dtype === 'f16') values.forEach((value, i) => (values[i] = Math.round(value * 64) / 64));
    if (count % 2 === 0) {
      entries[name] = values;
      return cast(state(name, dims), dtype);
    }
    inputs[name] = values;
    return cast(input(name, dims), dtype);
  };
  const outputs = Object.fromEntries(Object.entries(cases).map(([name, build]) => [name, build(leaf)]));
  return { outputs, inputs, state: entries };
}
