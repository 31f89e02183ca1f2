import { sizeOf } from '../shape.ts';
import { node, type Op, type Tensor } from '../tensor.ts';

/**
 * Rows of a table [V, D...] chosen by integer indices [...]: [..., D...]. Indices outside the table are an
 * error of the caller.
 */
export const gatherOp: Op<null> = {
  name: 'gather',
  shape: ([table, indices], _, reject) =>
    table.length > 0 ? [...indices, ...table.slice(1)] : reject('the table needs at least one axis'),
  gradient: (dy, [table, indices]) => [scatterAdd(indices, dy, table.shape[0]), undefined],
  evaluate: ([table, indices], _, { inputs: [shape], output }) => {
    const width = sizeOf(shape.slice(1));
    const y = new Float64Array(sizeOf(output));
    indices.forEach((row, i) => {
      if (!(row >= 0 && row < shape[0]))
        throw new RangeError(`gather: there is no row ${row} of ${shape[0]}.`);
      y.set(table.subarray(row * width, (row + 1) * width), i * width);
    });
    return y;
  },
};

export interface ScatterAttributes {
  /** Rows of the table that is built. */
  readonly rows: number;
}

/**
 * A table of zeros to whose rows updates [..., D...] are added, at the given indices [...]; the same row may
 * occur more than once.
 */
export const scatterAddOp: Op<ScatterAttributes> = {
  name: 'scatterAdd',
  shape: ([indices, updates], { rows }, reject) =>
    indices.every((size, axis) => size === updates[axis])
      ? [rows, ...updates.slice(indices.length)]
      : reject('every index needs one update'),
  dtype: ([, updates]) => updates,
  gradient: (dTable, [indices]) => [undefined, gather(dTable, indices)],
  evaluate: ([indices, updates], _, { output }) => {
    const width = sizeOf(output.slice(1));
    const table = new Float64Array(sizeOf(output));
    indices.forEach((row, i) => {
      for (let k = 0; k < width; k++) table[row * width + k] += updates[i * width + k];
    });
    return table;
  },
};

/** The rows of `table` [V, D...] at `indices` [...] (i32): [..., D...]. An embedding lookup. */
export function gather(table: Tensor, indices: Tensor): Tensor {
  return node(gatherOp, [table, indices], null);
}

/** Sums `updates` [..., D...] into a table of `rows` rows of zeros, at `indices` [...] (i32). */
export function scatterAdd(indices: Tensor, updates: Tensor, rows: number): Tensor {
  return node(scatterAddOp, [indices, updates], { rows });
}
