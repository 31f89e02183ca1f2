/** A score or measure with two digits behind the point at most. */
export function formatNumber(value: number): string {
  const rounded = Math.abs(value) < 1000 ? Math.round(value * 100) / 100 : Number(value.toPrecision(6));
  return rounded.toLocaleString('en', { maximumFractionDigits: 2, useGrouping: Math.abs(value) < 1e9 });
}

/** A number of rows. */
export function formatCount(count: number): string {
  return count.toLocaleString('en');
}
