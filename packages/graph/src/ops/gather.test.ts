import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluateTensors } from '../evaluate.ts';
import { sizeOf } from '../shape.ts';
import { apply, difference, valueOf } from '../testing/apply.ts';
import { forAll, seeds, shapes } from '../testing/arbitraries.ts';
import { elementAt, indicesOf } from '../testing/indices.ts';
import { integers } from '../testing/random.ts';
import { gather, scatterAdd } from './gather.ts';
import { constant } from './leaf.ts';

const indices = constant(Int32Array.of(2, 0, 2), [3], 'i32');

test('gather looks up rows, scatterAdd sums rows of repeated indices', () => {
  const table = constant(Float32Array.of(1, 10, 2, 20, 3, 30), [3, 2]);
  expect(valueOf(gather(table, indices))).toEqual([3, 30, 1, 10, 3, 30]);
  const updates = constant(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]);
  expect(valueOf(scatterAdd(indices, updates, 4))).toEqual([3, 4, 0, 0, 6, 8, 0, 0]);
});

test('match the definition for any table and indices', () => {
  forAll(fc.tuple(shapes(1, 4), shapes(0, 3), seeds), ([shape, indexShape, seed]) => {
    const rows = integers(sizeOf(indexShape), shape[0], seed);
    const chosen = constant(rows, indexShape, 'i32');
    const gathered = apply((table) => gather(table, chosen), [shape], seed);
    expect(gathered.shape).toEqual([...indexShape, ...shape.slice(1)]);
    const expected = indicesOf(gathered.shape).map((index) => {
      const row = elementAt(rows, indexShape, index.slice(0, indexShape.length));
      return elementAt(gathered.operands[0], shape, [row, ...index.slice(indexShape.length)]);
    });
    expect(difference(gathered.value, expected)).toBe(0);

    const summed = apply((updates) => scatterAdd(chosen, updates, shape[0]), [gathered.shape], seed);
    expect(summed.shape).toEqual(shape);
    const totals = indicesOf(shape).map(([row, ...rest]) =>
      indicesOf(indexShape)
        .filter((index) => elementAt(rows, indexShape, index) === row)
        .reduce(
          (total, index) => total + elementAt(summed.operands[0], gathered.shape, [...index, ...rest]),
          0,
        ),
    );
    expect(difference(summed.value, totals)).toBeLessThan(1e-12);
  });
});

test('a row out of range is an error', () => {
  expect(() => evaluateTensors([gather(constant(1, [2, 2]), indices)], {})).toThrow(
    'gather: row 2 is out of range for 2 rows.',
  );
});
