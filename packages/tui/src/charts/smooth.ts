import type { Curve } from './plot.ts';

/** Smoothing factors: the share of the smoothed value kept from point to point. */
export const SMOOTHINGS = [0, 0.6, 0.9, 0.98] as const;

/**
 * The exponential moving average of a curve, with bias correction (as in TensorBoard). Values that are not finite are kept
 * unchanged, and do not enter the average.
 */
export function smooth({ steps, values }: Curve, keep: number): Curve {
  if (keep === 0) return { steps, values };
  let [sum, weight] = [0, 0];
  const smoothed = values.map((value) => {
    if (!Number.isFinite(value)) return value;
    sum = keep * sum + (1 - keep) * value;
    weight = keep * weight + (1 - keep);
    return sum / weight;
  });
  return { steps, values: smoothed };
}
