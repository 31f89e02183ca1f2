import { applyLight, estimateLight } from './light.ts';
import type { Matched } from './matched.ts';
import { weightedMedian } from './statistics.ts';

/** Position of the given picture relative to the line from the original to the truth, in the pixels that the true edit changes. */
export type Progress = {
  /** Position along the line: 0 is the original, 1 the truth, below 0 the opposite of the edit. */
  readonly along: number;
  /** Distance from the line, in lengths of it: another edit, or an additional one. */
  readonly aside: number;
};

/**
 * Squared difference (summed over the channels) from which a pixel counts as changed by the edit: a fiftieth in each. If a blur has weakened the
 * edit everywhere, this part of the largest difference is enough.
 */
const CHANGED = 9e-4;
const CHANGED_PART = 0.25;
/** Squared difference at which a pixel gets half of the full weight, so that strong changes do not drown out weak ones. */
const HALF_WEIGHT = 0.01;
/** Largest difference of a channel in a pixel that the edit leaves unchanged. */
const UNCHANGED = 0.02;
/** The light of the surroundings is used if it brings the picture closer to the line by at least this much. */
const LIGHT_GAIN = 0.08;

/**
 * Measures progress as the median over the changed pixels, so that an unrelated change of fewer than half of them does not matter. If the light
 * of the rest of the picture changed, the line is measured in that light. Undefined if the edit changes nothing.
 */
export function measureProgress(matched: Matched): Progress | undefined {
  const plain = progressIn(matched);
  if (plain === undefined) return undefined;
  const { given, truth, original } = matched;
  const light = estimateLight(original, given, unchangedPixels(matched));
  if (light === undefined) return plain;
  const lit = progressIn({
    ...matched,
    truth: applyLight(truth, light),
    original: applyLight(original, light),
  });
  return lit !== undefined && lit.aside < plain.aside - LIGHT_GAIN ? lit : plain;
}

function progressIn({ given, truth, original, noise }: Matched): Progress | undefined {
  const count = given.width * given.height;
  const dots = new Float64Array(count);
  const lengths = new Float64Array(count);
  let longest = 0;
  for (let pixel = 0; pixel < count; pixel++) {
    for (let i = pixel * 3; i < pixel * 3 + 3; i++) {
      const step = truth.data[i] - original.data[i];
      dots[pixel] += (given.data[i] - original.data[i]) * step;
      lengths[pixel] += step * step;
    }
    longest = Math.max(longest, lengths[pixel]);
  }
  const changed = Math.min(CHANGED, CHANGED_PART * longest);
  const along = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let pixel = 0; pixel < count; pixel++) {
    if (lengths[pixel] <= changed) continue;
    along[pixel] = dots[pixel] / lengths[pixel];
    weights[pixel] = lengths[pixel] / (lengths[pixel] + HALF_WEIGHT);
  }
  const median = weightedMedian(along, weights, -4, 4);
  if (Number.isNaN(median)) return undefined;
  const aside = new Float64Array(count);
  for (let pixel = 0; pixel < count; pixel++) {
    if (weights[pixel] === 0) continue;
    let square = -3 * noise * noise;
    for (let i = pixel * 3; i < pixel * 3 + 3; i++) {
      const step = truth.data[i] - original.data[i];
      square += (given.data[i] - original.data[i] - median * step) ** 2;
    }
    aside[pixel] = Math.sqrt(Math.max(0, square) / lengths[pixel]);
  }
  return { along: median, aside: weightedMedian(aside, weights, 0, 8) };
}

function unchangedPixels({ truth, original }: Matched): number[] {
  const pixels: number[] = [];
  for (let pixel = 0; pixel < original.width * original.height; pixel++) {
    let largest = 0;
    for (let i = pixel * 3; i < pixel * 3 + 3; i++) {
      largest = Math.max(largest, Math.abs(truth.data[i] - original.data[i]));
    }
    if (largest <= UNCHANGED) pixels.push(pixel);
  }
  return pixels;
}
