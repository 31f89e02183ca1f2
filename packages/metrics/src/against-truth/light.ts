import type { Pixels } from '@rewardedit/data';
import { makeLike } from './make-like.ts';
import { quantile } from './statistics.ts';

/** The effect of light on a picture: each channel is multiplied by its gain, plus its offset. */
export type Light = { readonly gains: readonly number[]; readonly offsets: readonly number[] };

/** Smallest share of the picture that light is estimated from. */
const LEAST_SHARE = 0.03;
/** Share of the pixels that are kept; something else changed in those that fit worse. */
const KEPT_SHARE = 0.75;
const ROUNDS = 4;
/** Keeps the gain near 1 if the pixels are too similar to estimate it (a variance of values from 0 to 1). */
const RIDGE = 0.002;

/**
 * Estimates the light that turns the original into the given picture in the listed pixels: least squares in each channel, repeated without the
 * quarter of the pixels that fit worst. Undefined for less than 3 % of the picture.
 */
export function estimateLight(original: Pixels, given: Pixels, pixels: readonly number[]): Light | undefined {
  if (pixels.length < LEAST_SHARE * original.width * original.height) return undefined;
  let light = fitLight(original, given, pixels);
  for (let round = 1; round < ROUNDS; round++) {
    const errors = pixels.map((pixel) => squaredError(light, original, given, pixel));
    const limit = quantile(errors, KEPT_SHARE) + 1e-6;
    const kept = pixels.filter((_, i) => errors[i] <= limit);
    light = fitLight(original, given, kept);
  }
  return light;
}

/** Applies light to a picture. */
export function applyLight(picture: Pixels, { gains, offsets }: Light): Pixels {
  return makeLike(picture, (i) => gains[i % 3] * picture.data[i] + offsets[i % 3]);
}

function fitLight(original: Pixels, given: Pixels, pixels: readonly number[]): Light {
  const gains: number[] = [];
  const offsets: number[] = [];
  for (let channel = 0; channel < 3; channel++) {
    let [x, y, xx, xy] = [0, 0, 0, 0];
    for (const pixel of pixels) {
      const from = original.data[pixel * 3 + channel];
      const to = given.data[pixel * 3 + channel];
      x += from;
      y += to;
      xx += from * from;
      xy += from * to;
    }
    const count = pixels.length;
    const variance = xx / count - (x / count) ** 2;
    const covariance = xy / count - (x / count) * (y / count);
    const gain = (covariance + RIDGE) / (variance + RIDGE);
    gains.push(gain);
    offsets.push((y - gain * x) / count);
  }
  return { gains, offsets };
}

function squaredError({ gains, offsets }: Light, original: Pixels, given: Pixels, pixel: number): number {
  let sum = 0;
  for (let channel = 0; channel < 3; channel++) {
    const i = pixel * 3 + channel;
    sum += (gains[channel] * original.data[i] + offsets[channel] - given.data[i]) ** 2;
  }
  return sum;
}
