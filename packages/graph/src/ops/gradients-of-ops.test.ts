import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sizeOf, type Shape } from '../shape.ts';
import { topologicalOrder, type Tensor } from '../tensor.ts';
import {
  attentions,
  broadcastablePairs,
  convolutions,
  forAll,
  matrixProducts,
  seeds,
  shapes,
  shapesWithAxes,
} from '../testing/arbitraries.ts';
import { gradientError, gradientOf, type Build } from '../testing/gradient-error.ts';
import { anywhere, apart, awayFromZero, integers, positive, type Draw } from '../testing/random.ts';
import { after } from './after.ts';
import { ATTENTION_OPERANDS, attentionGradient } from './attention-gradient.ts';
import { attention } from './attention.ts';
import { softmax } from './softmax.ts';
import { cast } from './cast.ts';
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from './convolution.ts';
import * as elementwise from './elementwise.ts';
import { gather, scatterAdd } from './gather.ts';
import { groupNorm } from './group-norm.ts';
import { OPS, type OpName } from './index.ts';
import { constant, input } from './leaf.ts';
import { matmul } from './matmul.ts';
import { broadcastTo, concat, pad, reshape, slice, transpose } from './movement.ts';
import { inverseDeviation, normalize } from './normalization.ts';
import { max, sum } from './reduction.ts';
import { resizeNearest } from './resize.ts';

/** An example: a function of the op, the shapes of its inputs, and how to draw their values. */
interface Example {
  readonly build: Build;
  readonly shapes: readonly Shape[];
  readonly draw?: Draw;
}

function unary(op: (x: Tensor) => Tensor, draw: Draw = anywhere): fc.Arbitrary<Example> {
  return shapes(0, 3).map((shape) => ({ build: op, shapes: [shape], draw }));
}

function binary(op: (a: Tensor, b: Tensor) => Tensor, draw: Draw = anywhere): fc.Arbitrary<Example> {
  return broadcastablePairs(0, 3).map((pair) => ({ build: op, shapes: pair, draw }));
}

/** Rows along the last axis; a width of 1 is an edge case. */
function rowwise(op: (x: Tensor) => Tensor): fc.Arbitrary<Example> {
  return shapes(1, 4).map((shape) => ({ build: op, shapes: [shape] }));
}

const EXAMPLES: Partial<Record<OpName, fc.Arbitrary<Example>>> = {
  neg: unary(elementwise.neg),
  exp: unary(elementwise.exp),
  log: unary(elementwise.log, positive),
  sqrt: unary(elementwise.sqrt, positive),
  sin: unary(elementwise.sin),
  cos: unary(elementwise.cos),
  tanh: unary(elementwise.tanh),
  sigmoid: unary(elementwise.sigmoid),
  erf: unary(elementwise.erfOf),
  gelu: unary(elementwise.gelu),
  abs: unary(elementwise.abs, apart),
  add: binary(elementwise.add),
  sub: binary(elementwise.sub),
  mul: binary(elementwise.mul),
  div: binary(elementwise.div, awayFromZero),
  maximum: binary(elementwise.maximum, apart),
  minimum: binary(elementwise.minimum, apart),
  select: fc.tuple(shapes(), seeds).map(([shape, seed]) => ({
    build: (a, b) => elementwise.select(constant(integers(sizeOf(shape), 2, seed), shape, 'i32'), a, b),
    shapes: [shape, shape],
  })),
  cast: unary((x) => cast(cast(x, 'f16'), 'f32')),

  sum: shapesWithAxes.map(({ shape, axes }) => ({ build: (x) => sum(x, axes), shapes: [shape] })),
  max: shapesWithAxes.map(({ shape, axes }) => ({
    build: (x) => max(x, axes),
    shapes: [shape],
    draw: apart,
  })),
  matmul: matrixProducts.map(({ a, b, transposes }) => ({
    build: (a, b) => matmul(a, b, transposes),
    shapes: [a, b],
  })),
  conv2d: convolutions.map(({ x, w, options }) => ({
    build: (x, w) => conv2d(x, w, options),
    shapes: [x, w],
  })),
  conv2dInputGradient: convolutions.map(({ x, w, options }) => ({
    build: (dy, w) => conv2dInputGradient(dy, w, { ...options, shape: x }),
    shapes: [conv2d(input('x', x), input('w', w), options).shape, w],
  })),
  conv2dWeightGradient: convolutions.map(({ x, w, options }) => ({
    build: (x, dy) => conv2dWeightGradient(x, dy, { ...options, shape: w }),
    shapes: [x, conv2d(input('x', x), input('w', w), options).shape],
  })),
  normalize: rowwise((x) => normalize(x, 0.1)),
  inverseDeviation: rowwise((x) => inverseDeviation(x, 0.1)),
  groupNorm: fc
    .record({
      batch: fc.integer({ min: 1, max: 2 }),
      groups: fc.integer({ min: 1, max: 2 }),
      perGroup: fc.integer({ min: 1, max: 2 }),
      space: shapes(0, 2),
      perPicture: fc.boolean(),
    })
    .map(({ batch, groups, perGroup, space, perPicture }) => {
      const channels = groups * perGroup;
      const perChannel = perPicture ? [batch, channels] : [channels];
      return {
        build: (x, weight, bias) => groupNorm(x, groups, weight, bias, 0.1),
        shapes: [[batch, channels, ...space], perChannel, perChannel],
      };
    }),
  softmax: rowwise(softmax),
  attentionGradient: fc
    .tuple(attentions, fc.constantFrom(...ATTENTION_OPERANDS))
    .map(([{ q, k, v, mask }, of]) => {
      const y = [...q.slice(0, -1), v.at(-1)!];
      return {
        build: (...operands) => attentionGradient(operands, { scale: 0.7, of }),
        shapes: [y, y, q, k, v, ...(mask ? [mask] : [])],
      };
    }),
  attention: attentions.map(({ q, k, v, mask }) => ({
    build: (q, k, v, mask) => attention(q, k, v, { scale: 0.7, ...(mask && { mask }) }),
    shapes: mask ? [q, k, v, mask] : [q, k, v],
  })),

  reshape: shapes().map((shape) => ({ build: (x) => reshape(x, [1, sizeOf(shape)]), shapes: [shape] })),
  broadcastTo: broadcastablePairs().map(([from, other]) => ({
    build: (x) => broadcastTo(x, [2, ...elementwise.add(x, input('other', other)).shape]),
    shapes: [from],
  })),
  transpose: shapesWithAxes.map(({ shape, axes }) => ({
    // The chosen axes first, reversed, then the others: any order of up to three axes, and many of more.
    build: (x) =>
      transpose(x, [...axes.toReversed(), ...[...shape.keys()].filter((axis) => !axes.includes(axis))]),
    shapes: [shape],
  })),
  slice: fc.tuple(shapes(1, 4), seeds).map(([sizes, seed]) => {
    const starts = [...integers(sizes.length, 3, seed)];
    return {
      build: (x) => slice(x, starts, sizes),
      shapes: [sizes.map((size, axis) => starts[axis] + size + 1)],
    };
  }),
  pad: fc.tuple(shapes(1, 4), seeds).map(([shape, seed]) => {
    const before = [...integers(shape.length, 3, seed)];
    return { build: (x) => pad(x, before, before.with(0, 1).toReversed()), shapes: [shape] };
  }),
  concat: fc.tuple(shapes(1, 4), seeds).map(([shape, seed]) => {
    const [axis] = integers(1, shape.length, seed);
    return {
      build: (...parts) => concat(parts, axis),
      shapes: [shape, shape.with(axis, 1), shape.with(axis, 2)],
    };
  }),
  gather: fc.tuple(shapes(1, 3), shapes(0, 2), seeds).map(([table, indices, seed]) => ({
    build: (x) => gather(x, constant(integers(sizeOf(indices), table[0], seed), indices, 'i32')),
    shapes: [table],
  })),
  scatterAdd: fc.tuple(shapes(0, 2), shapes(0, 2), seeds).map(([indices, row, seed]) => ({
    build: (x) => scatterAdd(constant(integers(sizeOf(indices), 3, seed), indices, 'i32'), x, 3),
    shapes: [[...indices, ...row]],
  })),
  resizeNearest: fc
    .record({
      x: shapes(4, 4),
      height: fc.integer({ min: 1, max: 9 }),
      width: fc.integer({ min: 1, max: 9 }),
    })
    .map(({ x, height, width }) => ({ build: (x) => resizeNearest(x, height, width), shapes: [x] })),

  after: binary(after),
};

/** Ops without a gradient to check, with the reason. */
const EXCLUDED: Partial<Record<OpName, string>> = {
  input: 'a leaf: gradients end there',
  state: 'a leaf: gradients end there',
  constant: 'a leaf: gradients end there',
  greater: 'piecewise constant: no gradient flows through it (elementwise.test.ts)',
  equal: 'piecewise constant: no gradient flows through it (elementwise.test.ts)',
  adamw: 'an optimizer step is not differentiated (adamw.test.ts)',
};

const names = Object.keys(OPS) as OpName[];

test('every op has examples for its gradient, or a reason for having none', () => {
  for (const name of names) {
    const kinds = [EXAMPLES[name], EXCLUDED[name]].filter((given) => given !== undefined);
    expect(kinds, `gradient test of the op "${name}"`).toHaveLength(1);
  }
});

describe.each(names.filter((name) => EXAMPLES[name]))('%s', (name) => {
  const examples = fc.tuple(EXAMPLES[name]!, seeds);

  test('the examples contain the op', () => {
    forAll(examples, ([{ build, shapes }]) => {
      const inputs = shapes.map((shape, i) => input(`x${i}`, shape));
      const found = topologicalOrder([build(...inputs)]).map((tensor) => tensor.op.name);
      fc.pre(found.length > inputs.length);
      expect(found).toContain(name);
    });
  });

  test('the gradient equals finite differences', () => {
    forAll(
      examples,
      ([{ build, shapes, draw = anywhere }, seed]) =>
        expect(gradientError(build, shapes, { seed, draw })).toBeLessThan(1e-6),
      { runs: 25 },
    );
  });

  test('the gradient of the gradient equals finite differences', () => {
    forAll(
      examples,
      ([{ build, shapes, draw = anywhere }, seed]) =>
        expect(gradientError(gradientOf(build, seed), shapes, { seed, draw })).toBeLessThan(1e-6),
      { runs: 8 },
    );
  });
});
