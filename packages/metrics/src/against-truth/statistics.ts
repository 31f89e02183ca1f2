export function clamp(value: number, low = 0, high = 1): number {
  return Math.min(high, Math.max(low, value));
}

/** Returns the quantile of the values at `share`; 0 if there are none. */
export function quantile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** Returns the mean of the largest `share` of the values (at least one); 0 if there are none. */
export function topMean(values: ArrayLike<number>, share: number): number {
  if (values.length === 0) return 0;
  const sorted = Float64Array.from(values).sort();
  const top = sorted.subarray(sorted.length - Math.max(1, Math.round(share * sorted.length)));
  return top.reduce((sum, value) => sum + value, 0) / top.length;
}

const BINS = 4096;

/**
 * Returns the value with half of the weight on each side, from a histogram of 4096 bins between `low` and `high`; values outside are clamped.
 * NaN if there is no weight.
 */
export function weightedMedian(
  values: Float64Array,
  weights: Float64Array,
  low: number,
  high: number,
): number {
  const bins = new Float64Array(BINS);
  const scale = BINS / (high - low);
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    if (weights[i] === 0) continue;
    total += weights[i];
    bins[clamp(Math.round((values[i] - low) * scale), 0, BINS - 1)] += weights[i];
  }
  let below = 0;
  for (let bin = 0; bin < BINS; bin++) {
    below += bins[bin];
    if (below > 0 && below >= total / 2) return low + bin / scale;
  }
  return Number.NaN;
}
