/** The value that splits a set in two, and the share of its variance that is between the groups, 0 to 1. */
export type Split = { readonly threshold: number; readonly separability: number };

const BINS = 256;

/**
 * Computes Otsu's threshold (1979): the split with the largest variance between the groups, from a histogram of 256 bins between `low` and
 * `high`; values outside are clamped. A set of equal values has separability 0, a single normal distribution 2 / pi = 0.64, two distant groups
 * close to 1.
 */
export function otsuSplit(values: Float64Array, low: number, high: number): Split {
  const counts = new Float64Array(BINS);
  const scale = BINS / (high - low);
  for (const value of values) {
    counts[Math.min(BINS - 1, Math.max(0, Math.floor((value - low) * scale)))] += 1;
  }
  let sum = 0;
  let squares = 0;
  for (let bin = 0; bin < BINS; bin++) {
    sum += bin * counts[bin];
    squares += bin * bin * counts[bin];
  }
  const count = values.length;
  let below = 0;
  let sumBelow = 0;
  let between = 0;
  let best = 0;
  for (let bin = 0; bin < BINS - 1; bin++) {
    below += counts[bin];
    sumBelow += bin * counts[bin];
    if (below === 0 || below === count) continue;
    const distance = sumBelow / below - (sum - sumBelow) / (count - below);
    const variance = below * (count - below) * distance * distance;
    // The variance is constant across an empty gap, up to rounding: its lower end counts.
    if (variance > between * (1 + 1e-9)) {
      between = variance;
      best = bin;
    }
  }
  const whole = squares * count - sum * sum;
  return { threshold: low + (best + 1) / scale, separability: whole > 0 ? between / whole : 0 };
}
