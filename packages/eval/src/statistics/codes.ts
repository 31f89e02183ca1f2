/** Values numbered from 0 in ascending order, equal values with equal numbers: all that order statistics need. */
export type Codes = {
  /** The number of each value. */
  readonly codes: Int32Array;
  /** The value of each number. */
  readonly distinct: Float64Array;
};

/** Numbers values by their order. Throws RangeError for NaN, which has no order. */
export function toCodes(values: Float64Array): Codes {
  const sorted = values.toSorted();
  if (Number.isNaN(sorted.at(-1))) throw new RangeError('NaN has no order');
  let count = 0;
  for (const value of sorted) if (count === 0 || value !== sorted[count - 1]) sorted[count++] = value;
  const distinct = sorted.slice(0, count);
  const codes = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) codes[i] = positionOf(distinct, values[i]);
  return { codes, distinct };
}

/** The position of the last ascending value that does not exceed this one; -1 if all do. */
function positionOf(ascending: Float64Array, value: number): number {
  let low = -1;
  let high = ascending.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** The average rank (from 1) of each number, given its count: equal values share the mean of their ranks. */
export function averageRanks(counts: ArrayLike<number>): Float64Array {
  const ranks = new Float64Array(counts.length);
  let below = 0;
  for (let code = 0; code < counts.length; code++) {
    ranks[code] = below + (counts[code] + 1) / 2;
    below += counts[code];
  }
  return ranks;
}
