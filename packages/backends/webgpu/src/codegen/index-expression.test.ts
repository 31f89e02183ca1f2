import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressOf,
  bounds,
  indexOf,
  plus,
  quotient,
  remainder,
  strideAlong,
  times,
  variable,
  whole,
  type Index,
} from './index-expression.ts';

/** Evaluates an index from its WGSL with BigInt, whose division and remainder equal those of WGSL here. */
function valueOf(index: Index, values: Readonly<Record<string, number>>): number {
  const code = index.key.replaceAll(/(\d+)u?/g, '$1n');
  // oxlint-disable-next-line typescript/no-implied-eval -- made of our own expressions only
  const compute = new Function(...Object.keys(values), `return ${code};`) as (...values: bigint[]) => bigint;
  return Number(compute(...Object.values(values).map(BigInt)));
}

const SIZES = { a: 6, b: 8, c: 5 };
type Made = { index: Index; value: (values: typeof SIZES) => number };

const made: fc.Arbitrary<Made> = fc.letrec<{ any: Made }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'index' },
    fc.constantFrom<(keyof typeof SIZES)[]>('a', 'b', 'c').map((name) => ({
      index: variable(name, SIZES[name]),
      value: (values: typeof SIZES) => values[name],
    })),
    fc.tuple(tie('any'), tie('any')).map(([x, y]) => ({
      index: plus(x.index, y.index),
      value: (values: typeof SIZES) => x.value(values) + y.value(values),
    })),
    fc.tuple(tie('any'), fc.integer({ min: 1, max: 12 })).map(([x, n]) => ({
      index: times(x.index, n),
      value: (values: typeof SIZES) => x.value(values) * n,
    })),
    fc.tuple(tie('any'), fc.integer({ min: 0, max: 12 })).map(([x, n]) => ({
      index: plus(x.index, n),
      value: (values: typeof SIZES) => x.value(values) + n,
    })),
    fc.tuple(tie('any'), fc.integer({ min: 1, max: 24 })).map(([x, n]) => ({
      index: quotient(x.index, n),
      value: (values: typeof SIZES) => Math.floor(x.value(values) / n),
    })),
    fc.tuple(tie('any'), fc.integer({ min: 1, max: 24 })).map(([x, n]) => ({
      index: remainder(x.index, n),
      value: (values: typeof SIZES) => x.value(values) % n,
    })),
  ),
})).any;

test('every expression has the expected value, within its bounds', () => {
  fc.assert(
    fc.property(made, fc.nat(5), fc.nat(7), fc.nat(4), ({ index, value }, a, b, c) => {
      const values = { a, b, c };
      expect(valueOf(index, values)).toBe(value(values));
      const { low, high } = bounds(index);
      expect(value(values)).toBeGreaterThanOrEqual(low);
      expect(value(values)).toBeLessThanOrEqual(high);
    }),
    { numRuns: 2000, seed: 1 },
  );
});

describe('divisions cancel', () => {
  const axes = [variable('n', 2), variable('c', 12), variable('h', 6), variable('w', 10)];
  const strides = [720, 60, 10, 1];
  const i = variable('i', 1440);

  test('between an element number and the index along each axis', () => {
    expect(addressOf(indexOf(i, [2, 12, 6, 10]), strides)).toEqual(i);
    expect(indexOf(addressOf(axes, strides), [2, 12, 6, 10])).toEqual(axes);
  });

  test('for pixels that are contiguous in memory', () => {
    const pixel = variable('p', 60);
    const [h, w] = indexOf(pixel, [6, 10]);
    expect(addressOf([h, w], [10 * 12, 12])).toEqual(times(pixel, 12));
  });

  test('for groups of channels', () => {
    const group = quotient(addressOf(axes.slice(1), strides.slice(1)), 4 * 60);
    expect(group).toEqual(quotient(axes[1], 4));
  });
});

test('strides are found where they are constant', () => {
  const i = variable('i', 40);
  expect(strideAlong(plus(times(i, 3), variable('j', 2)), 'i')).toBe(3);
  expect(strideAlong(plus(times(quotient(i, 4), 3), variable('j', 2)), 'i')).toBeUndefined();
  expect(strideAlong(whole(7), 'i')).toBe(0);
});
