import { setImmediate } from 'node:timers/promises';
import type { Random } from '@rewardedit/core';

export type Interval = {
  readonly low: number;
  readonly high: number;
  /** Resamples that had a value. */
  readonly resamples: number;
  /** Resamples that had none, such as constant ones; the interval is that of the others. */
  readonly undefinedResamples: number;
};

export type BootstrapOptions = {
  /** The unit that each item belongs to, numbered from 0: units are drawn, each with all of its items. */
  readonly units: Int32Array;
  readonly unitCount: number;
  readonly resamples: number;
  readonly random: Random;
  /** What is estimated, from how often each item was drawn. */
  readonly statistic: (weights: Uint32Array) => number | null;
  /** Told after every resample. */
  readonly onResample?: () => void;
  /** Stops the work with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
};

const CONFIDENCE = 0.95;
const MILLISECONDS_AT_A_TIME = 50;

/**
 * The 95 % interval of a statistic by the percentile bootstrap: as many units as there are get drawn with replacement,
 * again and again, and the middle 95 % of the results is the interval. Null where no resample has a result.
 */
export async function bootstrapInterval(options: BootstrapOptions): Promise<Interval | null> {
  const { units, unitCount, resamples, random, statistic, onResample, signal } = options;
  const drawn = new Uint32Array(unitCount);
  const weights = new Uint32Array(units.length);
  const results: number[] = [];
  let since = performance.now();
  for (let resample = 0; resample < resamples; resample++) {
    drawn.fill(0);
    for (let draw = 0; draw < unitCount; draw++) drawn[random.integer(unitCount)] += 1;
    for (let item = 0; item < units.length; item++) weights[item] = drawn[units[item]];
    const result = statistic(weights);
    if (result !== null) results.push(result);
    onResample?.();
    if (performance.now() - since < MILLISECONDS_AT_A_TIME) continue;
    // Lets the process notice Ctrl-C, and draw its progress.
    await setImmediate();
    signal?.throwIfAborted();
    since = performance.now();
  }
  if (results.length === 0) return null;
  const sorted = Float64Array.from(results).sort();
  return {
    low: quantile(sorted, (1 - CONFIDENCE) / 2),
    high: quantile(sorted, (1 + CONFIDENCE) / 2),
    resamples: results.length,
    undefinedResamples: resamples - results.length,
  };
}

/** The quantile of ascending values, linear between two of them (the default of R and NumPy). */
export function quantile(ascending: Float64Array, share: number): number {
  const position = share * (ascending.length - 1);
  const below = Math.floor(position);
  const low = ascending[below];
  const high = ascending[Math.min(below + 1, ascending.length - 1)];
  return low + (high - low) * (position - below);
}
