import * as fc from 'fast-check';
import type { Shape } from '../shape.ts';

/** Fixed, so that a failure is reproducible. */
const SEED = 2411;

/** Checks a property for many random examples, the same in every run. */
export function forAll<Example>(
  examples: fc.Arbitrary<Example>,
  check: (example: Example) => void,
  { runs = 50 } = {},
): void {
  const property = fc.property(examples, (example) => {
    check(example);
  });
  fc.assert(property, { numRuns: runs, seed: SEED });
}

/** Seeds of `uniform` and the draws based on it. */
export const seeds = fc.nat(1_000_000);

const sizes = fc.integer({ min: 1, max: 4 });

/** Shapes of `least` to `most` axes of sizes 1 to 4. */
export function shapes(least = 0, most = 5): fc.Arbitrary<Shape> {
  return fc.array(sizes, { minLength: least, maxLength: most });
}

/** A shape that broadcasts to the given one: leading axes may be missing, others may be 1. */
export function broadcastableTo(shape: Shape): fc.Arbitrary<Shape> {
  return fc
    .tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }))
    .map(([missing, ones]) => shape.map((size, axis) => (ones[axis] ? 1 : size)).slice(missing));
}

/** Two shapes that broadcast against each other. */
export function broadcastablePairs(least = 0, most = 4): fc.Arbitrary<readonly [Shape, Shape]> {
  return shapes(least, most).chain((shape) => fc.tuple(broadcastableTo(shape), broadcastableTo(shape)));
}

/** A shape and a subset of its axes, ascending. */
export const shapesWithAxes: fc.Arbitrary<{ shape: Shape; axes: number[] }> = shapes().chain((shape) =>
  fc.record({ shape: fc.constant(shape), axes: fc.subarray([...shape.keys()]) }),
);

/** Shapes and attributes of matrix products, with every transposition and pattern of broadcasting. */
export const matrixProducts = fc
  .record({
    batches: broadcastablePairs(0, 3),
    rows: sizes,
    inner: sizes,
    columns: sizes,
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  })
  .map(({ batches, rows, inner, columns, transposeA, transposeB }) => ({
    a: [...batches[0], ...(transposeA ? [inner, rows] : [rows, inner])],
    b: [...batches[1], ...(transposeB ? [columns, inner] : [inner, columns])],
    transposes: { transposeA, transposeB },
  }));

const margins = fc.nat(2);

/** Shapes and attributes of convolutions: kernels 1 to 5, strides 1 to 3, padding that differs per side. */
export const convolutions = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    channels: fc.integer({ min: 1, max: 2 }),
    outputs: fc.integer({ min: 1, max: 3 }),
    space: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })),
    kernel: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.tuple(margins, margins, margins, margins),
  })
  .filter(
    ({ space, kernel, padding: [top, left, bottom, right] }) =>
      kernel[0] <= space[0] + top + bottom && kernel[1] <= space[1] + left + right,
  )
  .map(({ batch, channels, outputs, space, kernel, stride, padding }) => ({
    x: [batch, channels, ...space],
    w: [outputs, channels, ...kernel],
    options: { stride, padding },
  }));

/** Shapes of attention: q, k, v, and an optional mask that broadcasts to the scores. */
export const attentions = fc
  .record({ front: shapes(0, 2), queries: sizes, keys: sizes, width: sizes, valueWidth: sizes })
  .chain(({ front, queries, keys, width, valueWidth }) =>
    fc.record({
      q: fc.constant([...front, queries, width]),
      k: fc.constant([...front, keys, width]),
      v: fc.constant([...front, keys, valueWidth]),
      mask: fc.option(broadcastableTo([...front, queries, keys]), { nil: undefined }),
    }),
  );
