import { sizeOf, type AttributesOf, type Tensor } from '@rewardedit/graph';
import { whole, type Index } from '../codegen/index-expression.ts';
import { contractionKernels, readingsOf } from '../kernels/contraction/choose.ts';
import { broadcastIndex } from './elementwise.ts';
import { operand } from './operand.ts';
import { rowMajor, type Lowering, type PlannedKernel, type Surroundings } from './lowering.ts';

/**
 * The contraction of a matrix product. Leading axes along which the second operand does not vary become rows;
 * leading axes that are summed afterwards become part of the sum.
 */
export function productKernel(
  { inputs: [a, b], attributes: { transposeA, transposeB }, shape }: Tensor<AttributesOf<'matmul'>>,
  surroundings: Surroundings,
  summed: readonly number[] = [],
): PlannedKernel {
  const front = shape.slice(0, -2);
  const [rows, columns] = shape.slice(-2);
  const inner = a.shape.at(transposeA ? -2 : -1)!;
  const axes = [...front.keys()];
  const sizeInB = (axis: number) => b.shape[axis - front.length + b.shape.length - 2] ?? 1;
  const single = !axes.some((axis) => !summed.includes(axis) && sizeInB(axis) > 1);
  const batchAxes = single ? [] : axes.filter((axis) => !summed.includes(axis));
  const rowAxes = single ? axes.filter((axis) => !summed.includes(axis)) : [];
  const sizes = (chosen: readonly number[]) => chosen.map((axis) => shape[axis]);

  /** The index along the leading axes, from the indices of the parts they were assigned to. */
  const frontIndex = (batch: readonly Index[], row: readonly Index[], along: readonly Index[]) =>
    axes.map((axis) => {
      if (summed.includes(axis)) return along[summed.indexOf(axis)];
      return single ? row[rowAxes.indexOf(axis)] : batch[batchAxes.indexOf(axis)];
    });
  const matrix = (row: Index, column: Index, transposed: boolean) =>
    transposed ? [column, row] : [row, column];
  return {
    order: rowMajor(shape),
    emit: (target) =>
      contractionKernels(
        surroundings.traits,
        {
          label: `matmul ${sizeOf(front)}x${rows}x${columns}x${inner}`,
          batch: sizes(batchAxes),
          rows: [...sizes(rowAxes), rows],
          columns: [columns],
          inner: [...sizes(summed), inner],
          left: operand(a, surroundings, (batch, row, along) => {
            const front = broadcastIndex(frontIndex(batch, row, along), a.shape.slice(0, -2));
            return { index: [...front, ...matrix(row.at(-1)!, along.at(-1)!, transposeA)] };
          }),
          right: operand(b, surroundings, (batch, [column], along) => {
            // Along axes that became rows, the second operand does not vary.
            const index = frontIndex(
              batch,
              rowAxes.map(() => whole(0)),
              along,
            );
            return {
              index: [
                ...broadcastIndex(index, b.shape.slice(0, -2)),
                ...matrix(along.at(-1)!, column, transposeB),
              ],
            };
          }),
          resultIndex: (batch, row, column) => [
            ...frontIndex(
              batch,
              row,
              summed.map(() => whole(0)),
            ),
            row.at(-1)!,
            ...column,
          ],
        },
        target,
      ),
  };
}

export const matmul: Lowering<'matmul'> = {
  kind: 'kernel',
  inMemory: 'all',
  readings: ({ inputs: [a, b], shape }, traits) => {
    const results = sizeOf(shape);
    const [rows, columns] = shape.slice(-2);
    const single = sizeOf(b.shape.slice(0, -2)) === 1;
    const batch = results / rows / columns;
    const sizes = single ? { batch: 1, rows: batch * rows, columns } : { batch, rows, columns };
    const { left, right } = readingsOf(traits, sizes);
    // An operand that is broadcast is read for each batch.
    const times = ({ shape: own }: Tensor) => sizes.batch / Math.min(sizes.batch, sizeOf(own.slice(0, -2)));
    return [left * times(a), right * times(b)];
  },
  plan: (tensor, surroundings) => productKernel(tensor, surroundings),
};
