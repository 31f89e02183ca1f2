import { setImmediate } from 'node:timers/promises';
import type { Random } from '@rewardedit/core';

export type Interval = {
  readonly low: number;
  readonly high: number;
  /** Resamples with a value. */
  readonly resamples: number;
  /** Resamples without a value, such as constant ones, which the interval leaves out. */
  readonly undefinedResamples: number;
};

export type BootstrapOptions = {
  /** The unit of each item, numbered from 0: units are resampled, each with all of its items. */
  readonly units: Int32Array;
  readonly unitCount: number;
  readonly resamples: number;
  readonly random: Random;
  /** The statistic, given how often each item was drawn. */
  readonly statistic: (weights: Uint32Array) => number | null;
  /** Called after every resample. */
  readonly onResample?: () => void;
  /** Aborts with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
};

const CONFIDENCE = 0.95;
const MILLISECONDS_AT_A_TIME = 50;

/**
 * The 95 % interval of a statistic by the percentile bootstrap: resamples all units with replacement many times, and returns the
 * middle 95 % of the results. Null if no resample has a result.
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
    // Lets the process handle Ctrl-C and draw progress.
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

/** The quantile of ascending values, with linear interpolation (the default of R and NumPy). */
export function quantile(ascending: Float64Array, share: number): number {
  const position = share * (ascending.length - 1);
  const below = Math.floor(position);
  const low = ascending[below];
  const high = ascending[Math.min(below + 1, ascending.length - 1)];
  return low + (high - low) * (position - below);
}
