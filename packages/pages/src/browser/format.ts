/** A score or measure with two digits behind the point at most; one that is tiny or huge as a power of ten. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  const isPlain = size === 0 || (size >= 0.005 && size < 1e9);
  return isPlain ? value.toLocaleString('en', { maximumFractionDigits: 2 }) : value.toExponential(2);
}

/** A number of rows. */
export function formatCount(count: number): string {
  return count.toLocaleString('en');
}
