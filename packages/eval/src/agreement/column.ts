/** A growing column of numbers; NaN where none was set. Takes eight bytes a row. */
export type Column = {
  set(row: number, value: number): void;
  get(row: number): number;
  /** The first `length` rows. */
  values(length: number): Float64Array;
};

const FIRST_CAPACITY = 1024;

export function createColumn(): Column {
  let rows = new Float64Array(FIRST_CAPACITY).fill(Number.NaN);
  const reserve = (length: number) => {
    if (length <= rows.length) return;
    const longer = new Float64Array(Math.max(length, rows.length * 2)).fill(Number.NaN);
    longer.set(rows);
    rows = longer;
  };
  return {
    set(row, value) {
      reserve(row + 1);
      rows[row] = value;
    },
    get: (row) => rows[row] ?? Number.NaN,
    values(length) {
      reserve(length);
      return rows.subarray(0, length);
    },
  };
}
