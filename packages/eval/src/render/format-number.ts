import type { Column } from '../results/columns.ts';

/** Formats a mean with its interval: `3.42 [3.30, 3.55]`; a dash if there is no mean. */
export function formatMean(
  mean: number | null,
  interval: readonly [number, number] | null,
  { digits }: Pick<Column, 'digits'>,
): string {
  if (mean === null) return '-';
  const value = mean.toFixed(digits);
  return interval === null ? value : `${value} [${interval.map((end) => end.toFixed(digits)).join(', ')}]`;
}

/** Formats a difference with its sign and interval: `+0.12 [+0.03, +0.21]`. */
export function formatDifference(
  mean: number,
  interval: readonly [number, number] | null,
  { digits }: Pick<Column, 'digits'>,
): string {
  const signed = (value: number) => {
    const text = value.toFixed(digits);
    return Number(text) > 0 ? `+${text}` : text.replace(/^-(?=0(?:\.0*)?$)/, '');
  };
  return interval === null
    ? signed(mean)
    : `${signed(mean)} [${interval.map((end) => signed(end)).join(', ')}]`;
}

/** Formats a p-value, never as zero. */
export function formatPValue(value: number): string {
  return value < 0.001 ? '< 0.001' : value.toFixed(3);
}
