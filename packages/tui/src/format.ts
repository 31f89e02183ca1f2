/** Formats a measured number in at most seven characters. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1).replace('e+', 'e');
  if (Number.isInteger(value)) return String(value);
  return size >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}
