import { summedType } from '../dtype.ts';
import { sizeOf } from '../shape.ts';
import { node, type Op, type Tensor } from '../tensor.ts';
import { cast } from './cast.ts';

/** Rows of a table [V, D...] at integer indices [...]: [..., D...]. The caller must keep indices in range. */
export const gatherOp: Op<null> = {
  name: 'gather',
  shape: ([table, indices], _, reject) =>
    table.length > 0 ? [...indices, ...table.slice(1)] : reject('the table needs at least one axis'),
  dtype: ([table, indices], _, reject) => (indices === 'i32' ? table : reject('the indices must be i32')),
  gradient: (dy, [table, indices]) => [cast(scatterAdd(indices, dy, table.shape[0]), table.dtype), undefined],
  evaluate: ([table, indices], _, { inputs: [shape], output }) => {
    const width = sizeOf(shape.slice(1));
    const y = new Float64Array(sizeOf(output));
    indices.forEach((row, i) => {
      if (!(row >= 0 && row < shape[0]))
        throw new RangeError(`gather: row ${row} is out of range for ${shape[0]} rows.`);
      y.set(table.subarray(row * width, (row + 1) * width), i * width);
    });
    return y;
  },
};

export interface ScatterAttributes {
  /** Rows of the resulting table. */
  readonly rows: number;
}

/**
 * Adds updates [..., D...] to the rows of a table of zeros at the given indices [...]; a row may occur more
 * than once. f16 updates are summed in f32.
 */
export const scatterAddOp: Op<ScatterAttributes> = {
  name: 'scatterAdd',
  shape: ([indices, updates], { rows }, reject) =>
    indices.every((size, axis) => size === updates[axis])
      ? [rows, ...updates.slice(indices.length)]
      : reject('every index needs one update'),
  dtype: ([indices, updates], attributes, reject) =>
    indices === 'i32' ? summedType([updates], attributes, reject) : reject('the indices must be i32'),
  gradient: (dTable, [indices, updates]) => [undefined, cast(gather(dTable, indices), updates.dtype)],
  evaluate: ([indices, updates], _, { output }) => {
    const width = sizeOf(output.slice(1));
    const table = new Float64Array(sizeOf(output));
    indices.forEach((row, i) => {
      for (let k = 0; k < width; k++) table[row * width + k] += updates[i * width + k];
    });
    return table;
  },
};

/** Returns the rows of `table` [V, D...] at `indices` [...] (i32): [..., D...]. An embedding lookup. */
export function gather(table: Tensor, indices: Tensor): Tensor {
  return node(gatherOp, [table, indices], null);
}

/**
 * Sums `updates` [..., D...] into a table of `rows` rows of zeros, at `indices` [...] (i32). For f16 updates
 * the table is f32.
 */
export function scatterAdd(indices: Tensor, updates: Tensor, rows: number): Tensor {
  return node(scatterAddOp, [indices, updates], { rows });
}
