import { broadcastPositions, broadcastShapes } from '../broadcast.ts';
import { FLOAT_TYPES, oneType } from '../dtype.ts';
import { sizeOf, type Shape } from '../shape.ts';
import { node, type Op, type Tensor } from '../tensor.ts';
import { sumTo } from './reduction.ts';

export interface MatmulAttributes {
  /** Whether the last two axes of the first operand are transposed. */
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Rows and columns of an operand in the product. */
function matrix(shape: Shape, transposed: boolean): [rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
}

/** The matrix product over the last two axes; the leading axes broadcast. */
export const matmulOp: Op<MatmulAttributes> = {
  name: 'matmul',
  shape: ([a, b], { transposeA, transposeB }, reject) => {
    if (a.length < 2 || b.length < 2) return reject('both operands need at least two axes');
    const [rows, innerA] = matrix(a, transposeA);
    const [innerB, columns] = matrix(b, transposeB);
    if (innerA !== innerB) return reject(`the inner sizes differ: ${innerA} and ${innerB}`);
    const batch =
      broadcastShapes(a.slice(0, -2), b.slice(0, -2)) ?? reject('the leading axes do not broadcast');
    return [...batch, rows, columns];
  },
  dtype: oneType(FLOAT_TYPES),
  gradient: (dy, [a, b], { transposeA, transposeB }) => {
    const da = transposeA
      ? matmul(b, dy, { transposeA: transposeB, transposeB: true })
      : matmul(dy, b, { transposeB: !transposeB });
    const db = transposeB
      ? matmul(dy, a, { transposeA: true, transposeB: transposeA })
      : matmul(a, dy, { transposeA: !transposeA });
    return [sumTo(da, a.shape), sumTo(db, b.shape)];
  },
  evaluate: ([a, b], { transposeA, transposeB }, { inputs: [shapeA, shapeB], output }) => {
    const [rows, columns] = output.slice(-2);
    const [, inner] = matrix(shapeA, transposeA);
    const batch = output.slice(0, -2);
    const blockA = broadcastPositions(shapeA.slice(0, -2), batch);
    const blockB = broadcastPositions(shapeB.slice(0, -2), batch);
    const result = new Float64Array(sizeOf(output));
    for (let block = 0; block < sizeOf(batch); block++) {
      const offsetA = blockA[block] * rows * inner;
      const offsetB = blockB[block] * inner * columns;
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          let total = 0;
          for (let k = 0; k < inner; k++) {
            const elementA = transposeA ? k * rows + row : row * inner + k;
            const elementB = transposeB ? column * inner + k : k * columns + column;
            total += a[offsetA + elementA] * b[offsetB + elementB];
          }
          result[(block * rows + row) * columns + column] = total;
        }
      }
    }
    return result;
  },
};

/**
 * Returns the matrix product over the last two axes of [..., rows, inner] and [..., inner, columns], either
 * one optionally stored transposed.
 */
export function matmul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false } = {}): Tensor {
  return node(matmulOp, [a, b], { transposeA, transposeB });
}
