import type { Pixels } from '@rewardedit/data';
import { makeLike } from './make-like.ts';
import { quantile } from './statistics.ts';
import { fitWindow, windowsOf, windowSide, type Window, type WindowFit } from './window-fit.ts';

/** Noise is everywhere, structure is not, so the quieter windows show the noise. */
const QUIET_SHARE = 0.2;
/** Absolute value of the normal deviate at this quantile. */
const QUIET_DEVIATE = 0.84;
/** If more of a window is black or white, most of its noise is clipped and can only be guessed. */
const LARGEST_CLIPPED_SHARE = 0.75;

/**
 * Estimates the standard deviation of the noise in the given picture, 0 to 1, from what the true edit and the original leave unexplained. In
 * each window, it is the smaller one of two estimates: from the whole remainder, and from its finest grain (Immerkaer's mask, which suppresses
 * smooth structure, Computer Vision and Image Understanding 64, 1996).
 */
export function noiseLevel(given: Pixels, truth: Pixels, original: Pixels): number {
  const side = windowSide(given);
  const remainder = new Float64Array(side * side);
  const variances: number[] = [];
  for (const window of windowsOf(given, side)) {
    const fit = fitWindow(given, truth, original, window, side);
    const clipped = writeRemainder(remainder, given, truth, original, window, side, fit);
    const variance = Math.min(fit.energy / (side * side - 3), grainVariance(remainder, side));
    // Noise clipped at black or white: (1 - clipped)^1.5 is the variance of a censored normal variable, to within 2 %.
    variances.push(variance / (1 - Math.min(LARGEST_CLIPPED_SHARE, clipped)) ** 1.5);
  }
  // Estimates from few pixels scatter; this is how much too low the quieter ones are.
  const independent = (side - 2) ** 2 / 2;
  const bias = 1 - QUIET_DEVIATE * Math.sqrt(2 / independent);
  return Math.sqrt(quantile(variances, QUIET_SHARE) / bias);
}

/** Writes the remainder of a fit in its window. Returns the share of black or of white pixels, whichever is larger. */
function writeRemainder(
  remainder: Float64Array,
  given: Pixels,
  truth: Pixels,
  original: Pixels,
  { left, top, channel }: Window,
  side: number,
  { truthGain, originalGain, constant }: WindowFit,
): number {
  let black = 0;
  let white = 0;
  for (let y = 0, at = 0; y < side; y++) {
    let i = ((top + y) * given.width + left) * 3 + channel;
    for (let x = 0; x < side; x++, i += 3, at++) {
      const value = given.data[i];
      remainder[at] = value - truthGain * truth.data[i] - originalGain * original.data[i] - constant;
      if (value === 0) black += 1;
      if (value === 1) white += 1;
    }
  }
  return Math.max(black, white) / (side * side);
}

/** Estimates the variance of the noise in a square of values with the mask [1 -2 1; -2 4 -2; 1 -2 1], whose squares sum to 36. */
function grainVariance(values: Float64Array, side: number): number {
  let sum = 0;
  for (let y = 1; y < side - 1; y++) {
    for (let x = 1; x < side - 1; x++) {
      const i = y * side + x;
      const corners =
        values[i - side - 1] + values[i - side + 1] + values[i + side - 1] + values[i + side + 1];
      const sides = values[i - 1] + values[i + 1] + values[i - side] + values[i + side];
      sum += (corners - 2 * sides + 4 * values[i]) ** 2;
    }
  }
  return sum / (36 * (side - 2) ** 2);
}

/** Computes the mean of a picture after adding noise and clipping at black and white. */
export function meanUnderNoise(picture: Pixels, noise: number): Pixels {
  const { data } = picture;
  return makeLike(picture, (i) => meanAboveZero(data[i], noise) - meanAboveZero(data[i] - 1, noise));
}

/** Mean of max(0, x + noise z) for a normal z, approximated with the logistic function. */
function meanAboveZero(x: number, noise: number): number {
  const z = x / noise;
  return x / (1 + Math.exp(-1.702 * z)) + (noise * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}
