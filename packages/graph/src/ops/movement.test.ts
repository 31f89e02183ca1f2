import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sizeOf } from '../shape.ts';
import { apply, difference, valueOf } from '../testing/apply.ts';
import { broadcastableTo, forAll, seeds, shapes } from '../testing/arbitraries.ts';
import { broadcastElementAt, elementAt, indicesOf } from '../testing/indices.ts';
import { integers } from '../testing/random.ts';
import { constant, input } from './leaf.ts';
import { broadcastTo, concat, pad, reshape, slice, split, transpose } from './movement.ts';

const table = constant(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);

describe('examples', () => {
  test('reshape keeps the order of elements', () => {
    expect(reshape(table, [3, 1, 2]).shape).toEqual([3, 1, 2]);
    expect(valueOf(reshape(table, [3, 1, 2]))).toEqual([1, 2, 3, 4, 5, 6]);
  });
  test('transpose', () => expect(valueOf(transpose(table, [1, 0]))).toEqual([1, 4, 2, 5, 3, 6]));
  test('slice', () => expect(valueOf(slice(table, [0, 1], [2, 2]))).toEqual([2, 3, 5, 6]));
  test('pad', () =>
    expect(valueOf(pad(table, [0, 1], [1, 0]))).toEqual([0, 1, 2, 3, 0, 4, 5, 6, 0, 0, 0, 0]));
  test('broadcastTo', () =>
    expect(valueOf(broadcastTo(constant(Float32Array.of(1, 2), [2, 1]), [2, 2, 2]))).toEqual([
      1, 1, 2, 2, 1, 1, 2, 2,
    ]));
  test('concat', () => {
    expect(valueOf(concat([table, table], -1))).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
    expect(valueOf(concat([table, table], 0))).toEqual([1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]);
  });
  test('split', () => {
    expect(split(table, 3, -1).map(valueOf)).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(split(table, 2, 0).map(valueOf)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });
});

test('movement that changes nothing adds no node', () => {
  expect(reshape(table, [2, 3])).toBe(table);
  expect(broadcastTo(table, [2, 3])).toBe(table);
  expect(slice(table, [0, 0], [2, 3])).toBe(table);
  expect(pad(table, [0, 0], [0, 0])).toBe(table);
});

test('any transposition permutes each index', () => {
  const cases = shapes().chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      order: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
      seed: seeds,
    }),
  );
  forAll(cases, ({ shape, order, seed }) => {
    const result = apply((x) => transpose(x, order), [shape], seed);
    expect(result.shape).toEqual(order.map((axis) => shape[axis]));
    const expected = indicesOf(result.shape).map((index) =>
      elementAt(
        result.operands[0],
        shape,
        shape.map((_, axis) => index[order.indexOf(axis)]),
      ),
    );
    expect(difference(result.value, expected)).toBe(0);
  });
});

test('any broadcast repeats each index', () => {
  const cases = shapes().chain((to) =>
    fc.record({ to: fc.constant(to), from: broadcastableTo(to), seed: seeds }),
  );
  forAll(cases, ({ from, to, seed }) => {
    const { operands, value } = apply((x) => broadcastTo(x, to), [from], seed);
    expect(
      difference(
        value,
        indicesOf(to).map((index) => broadcastElementAt(operands[0], from, index)),
      ),
    ).toBe(0);
  });
});

test('any slice shifts each index, and padding is its adjoint', () => {
  forAll(fc.tuple(shapes(), seeds), ([sizes, seed]) => {
    const before = [...integers(sizes.length, 3, seed)];
    const after = [...integers(sizes.length, 3, seed + 1)];
    const whole = sizes.map((size, axis) => before[axis] + size + after[axis]);
    const cut = apply((x) => slice(x, before, sizes), [whole], seed);
    const expected = indicesOf(sizes).map((index) =>
      elementAt(
        cut.operands[0],
        whole,
        index.map((i, axis) => i + before[axis]),
      ),
    );
    expect(difference(cut.value, expected)).toBe(0);

    const restored = apply((x) => pad(x, before, after), [sizes], seed);
    expect(restored.shape).toEqual(whole);
    const around = indicesOf(whole).map((index) => {
      const own = index.map((i, axis) => i - before[axis]);
      const inside = own.every((i, axis) => i >= 0 && i < sizes[axis]);
      return inside ? elementAt(restored.operands[0], sizes, own) : 0;
    });
    expect(difference(restored.value, around)).toBe(0);
  });
});

test('concat works along any axis, and slicing recovers the parts', () => {
  forAll(
    fc.tuple(shapes(1), fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }), seeds),
    ([shape, lengths, seed]) => {
      const [axis] = integers(1, shape.length, seed);
      const parts = lengths.map((length) => shape.with(axis, length));
      const joined = apply((...parts) => concat(parts, axis), parts, seed);
      let start = 0;
      for (const [i, part] of parts.entries()) {
        const found = indicesOf(part).map((index) =>
          elementAt(joined.value, joined.shape, index.with(axis, index[axis] + start)),
        );
        expect(difference(found, joined.operands[i])).toBe(0);
        start += lengths[i];
      }
      expect(joined.value).toHaveLength(sizeOf(shape.with(axis, start)));
    },
  );
});

test('split rejects unequal parts', () => {
  expect(() => split(input('x', [2, 5]), 2, 1)).toThrow(
    'split(2x5): axis 1 does not split into 2 equal parts',
  );
});
