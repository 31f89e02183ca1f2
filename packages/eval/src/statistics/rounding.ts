export type TiedValues = {
  readonly values: Float64Array;
  /** How many distinct values became equal to another one. */
  readonly merged: number;
};

/** Far above what a few operations in double precision leave, far below any difference that somebody meant. */
const ROUNDING = 1e-12;

/**
 * Makes values equal that differ by rounding alone, as the roots of 0.1 x 0.9 and of 0.3 x 0.3 do, or a mean of the same
 * numbers in another order: differences that would break ties. NaN stays.
 */
export function tieRounded(values: Float64Array): TiedValues {
  const ascending = values.filter((value) => !Number.isNaN(value)).sort();
  const largest = Math.max(Math.abs(ascending[0] ?? 0), Math.abs(ascending.at(-1) ?? 0));
  const first = new Map<number, number>();
  for (let i = 1; i < ascending.length; i++) {
    const [lower, value] = [ascending[i - 1], ascending[i]];
    if (value !== lower && value - lower <= ROUNDING * largest) first.set(value, first.get(lower) ?? lower);
  }
  return { values: values.map((value) => first.get(value) ?? value), merged: first.size };
}
