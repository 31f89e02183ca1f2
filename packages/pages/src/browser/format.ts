/** Formats a score or measure with at most two decimals; tiny and huge ones in exponential notation. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  const isPlain = size === 0 || (size >= 0.005 && size < 1e9);
  return isPlain ? value.toLocaleString('en', { maximumFractionDigits: 2 }) : value.toExponential(2);
}

/** Formats a count, with thousands separated. */
export function formatCount(count: number): string {
  return count.toLocaleString('en');
}
