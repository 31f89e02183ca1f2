import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { apply, difference, valueOf } from '../testing/apply.ts';
import { forAll, matrixProducts, seeds } from '../testing/arbitraries.ts';
import { broadcastElementAt, indicesOf } from '../testing/indices.ts';
import { constant } from './leaf.ts';
import { matmul } from './matmul.ts';

test('multiplies 2x3 by 3x2', () => {
  const a = constant(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
  const b = constant(Float32Array.of(1, 0, 0, 1, 1, 1), [3, 2]);
  expect(valueOf(matmul(a, b))).toEqual([4, 5, 10, 11]);
  expect(valueOf(matmul(a, a, { transposeB: true }))).toEqual([14, 32, 32, 77]);
  expect(matmul(a, a, { transposeA: true }).shape).toEqual([3, 3]);
});

test('equals the definition for every transposition, with broadcast batches', () => {
  forAll(fc.tuple(matrixProducts, seeds), ([{ a, b, transposes }, seed]) => {
    const { operands, shape, value } = apply((a, b) => matmul(a, b, transposes), [a, b], seed);
    const inner = transposes.transposeA ? a[a.length - 2] : a[a.length - 1];
    const expected = indicesOf(shape).map((index) => {
      const [row, column] = index.slice(-2);
      const batch = index.slice(0, -2);
      let total = 0;
      for (let k = 0; k < inner; k++) {
        const indexA = [...batch, ...(transposes.transposeA ? [k, row] : [row, k])];
        const indexB = [...batch, ...(transposes.transposeB ? [column, k] : [k, column])];
        total += broadcastElementAt(operands[0], a, indexA) * broadcastElementAt(operands[1], b, indexB);
      }
      return total;
    });
    expect(difference(value, expected)).toBeLessThan(1e-12);
  });
});
