import { boxBlur, pixelUnit, type Pixels } from '@rewardedit/data';
import { meanUnderNoise } from './noise.ts';
import { NOISE_STEP, type QualityMeasurement } from './quality.ts';

/** The three pictures at equal quality, so that they differ only in the edit. */
export type Matched = {
  readonly given: Pixels;
  readonly truth: Pixels;
  readonly original: Pixels;
  /** Standard deviation of the noise that remains in the given picture. */
  readonly noise: number;
  /** Whether the given picture was spoilt, so that fine differences from the other two mean nothing. */
  readonly spoilt: boolean;
};

/** Noise below this (0.3 degrees) does not disturb the comparison. */
const HARMLESS_NOISE = 0.3 * NOISE_STEP;

/**
 * Removes faults of quality from the comparison: the truth and the original get the blur or blocks of the given picture; noise is averaged
 * away in all three, after clipping as in the given one.
 */
export function matchQuality(given: Pixels, quality: QualityMeasurement): Matched {
  const { truth, original } = quality;
  const noise = quality.noise * NOISE_STEP;
  const spoilt = quality.blur > 0 || quality.blocks > 0 || noise >= HARMLESS_NOISE;
  if (noise < HARMLESS_NOISE) return { given, truth, original, noise: 0, spoilt };
  const radius = Math.max(1, Math.round(pixelUnit(given)));
  return {
    given: boxBlur(given, radius),
    truth: boxBlur(meanUnderNoise(truth, noise), radius),
    original: boxBlur(meanUnderNoise(original, noise), radius),
    noise: noise / (2 * radius + 1),
    spoilt,
  };
}
