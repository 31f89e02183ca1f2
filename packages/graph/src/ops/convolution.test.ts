import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { sizeOf, type Shape } from '../shape.ts';
import { apply, difference, valueOf } from '../testing/apply.ts';
import { convolutions, forAll, seeds } from '../testing/arbitraries.ts';
import { elementAt, indicesOf } from '../testing/indices.ts';
import { anywhere } from '../testing/random.ts';
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from './convolution.ts';
import { constant, input } from './leaf.ts';

test('a 2x2 kernel slides over a 3x3 picture unflipped', () => {
  const x = constant(Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]), [1, 1, 3, 3]);
  const w = constant(Float32Array.of(1, 0, 0, 10), [1, 1, 2, 2]);
  expect(valueOf(conv2d(x, w))).toEqual([51, 62, 84, 95]);
});

test('padding may differ per side, and a stride skips windows', () => {
  const x = constant(Float32Array.of(1, 2, 3, 4), [1, 1, 2, 2]);
  const w = constant(1, [1, 1, 1, 1]);
  const padded = conv2d(x, w, { padding: [1, 0, 0, 2] });
  expect(padded.shape).toEqual([1, 1, 3, 4]);
  expect(valueOf(padded)).toEqual([0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0]);
  expect(valueOf(conv2d(x, w, { padding: 1, stride: 2 }))).toEqual([0, 0, 0, 4]);
});

test('any convolution equals padding, then summing each window', () => {
  forAll(fc.tuple(convolutions, seeds), ([{ x, w, options }, seed]) => {
    const { operands, shape, value } = apply((x, w) => conv2d(x, w, options), [x, w], seed);
    const [top, left, bottom, right] = options.padding;
    const padded: Shape = [x[0], x[1], x[2] + top + bottom, x[3] + left + right];
    const picture = indicesOf(padded).map(([n, c, row, column]) => {
      const inside = row >= top && row < top + x[2] && column >= left && column < left + x[3];
      return inside ? elementAt(operands[0], x, [n, c, row - top, column - left]) : 0;
    });
    const expected = indicesOf(shape).map(([n, o, row, column]) =>
      indicesOf(w.slice(1)).reduce((total, [c, u, v]) => {
        const pixel = elementAt(picture, padded, [
          n,
          c,
          row * options.stride + u,
          column * options.stride + v,
        ]);
        return total + pixel * elementAt(operands[1], w, [o, c, u, v]);
      }, 0),
    );
    expect(difference(value, expected)).toBeLessThan(1e-12);
  });
});

/** One tensor per element, 1 at that element and 0 elsewhere. */
function basis(shape: Shape): Float64Array[] {
  const size = sizeOf(shape);
  return Array.from({ length: size }, (_, i) => new Float64Array(size).fill(1, i, i + 1));
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((total, value, i) => total + value * b[i], 0);
}

test('both gradient ops are the adjoints of the convolution, element by element', () => {
  forAll(
    fc.tuple(convolutions, seeds),
    ([{ x, w, options }, seed]) => {
      const y = conv2d(input('x', x), input('w', w), options).shape;
      const [valueX, valueW, dy] = anywhere([x, w, y], seed);
      const convolved = (x0: Float64Array, w0: Float64Array) =>
        apply(
          (x, w) => conv2d(x, w, options),
          [x, w],
          0,
          () => [x0, w0],
        ).value;

      const dx = apply(
        (dy, w) => conv2dInputGradient(dy, w, { ...options, shape: x }),
        [y, w],
        0,
        () => [dy, valueW],
      );
      expect(dx.shape).toEqual(x);
      expect(
        difference(
          dx.value,
          basis(x).map((element) => dot(convolved(element, valueW), dy)),
        ),
      ).toBeLessThan(1e-12);

      const dw = apply(
        (x, dy) => conv2dWeightGradient(x, dy, { ...options, shape: w }),
        [x, y],
        0,
        () => [valueX, dy],
      );
      expect(dw.shape).toEqual(w);
      expect(
        difference(
          dw.value,
          basis(w).map((element) => dot(convolved(valueX, element), dy)),
        ),
      ).toBeLessThan(1e-12);
    },
    { runs: 25 },
  );
});
