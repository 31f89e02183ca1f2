import type { Picture } from '@rewardedit/data';
import { solvedEquations } from '../linear-equations.ts';

/** A residual of this size (colours in 0..1) gets half the weight in the next fit. */
const TYPICAL = 0.04;
const FITS = 5;

/**
 * Returns the affine map that best describes what an edit does to the colours of most of a picture: for each edited channel three factors
 * and an offset, twelve values; colours in 0..1. Iteratively reweighted least squares with Cauchy weights, so that an added object does
 * not tint the rest.
 */
export function overallMap(source: Picture, edited: Picture): Float64Array {
  const pixels = source.width * source.height;
  const weights = new Float64Array(pixels).fill(1);
  const map = new Float64Array(12);
  for (let fit = 0; fit < FITS; fit++) {
    // The normal equations: four coefficients, then the right-hand sides of the three channels.
    const equations = Array.from({ length: 4 }, () => Array.from({ length: 7 }, () => 0));
    for (let i = 0; i < pixels; i++) {
      const row = [0, 1, 2].map((c) => source.data[i * 3 + c] / 255).concat(1);
      for (let a = 0; a < 4; a++) {
        for (let b = 0; b < 4; b++) equations[a][b] += weights[i] * row[a] * row[b];
        for (let c = 0; c < 3; c++)
          equations[a][4 + c] += (weights[i] * row[a] * edited.data[i * 3 + c]) / 255;
      }
    }
    // If the source has a single colour, many maps fit: prefer the one that changes contrast least.
    const slight = 1e-5 * pixels;
    for (let a = 0; a < 3; a++) {
      equations[a][a] += slight;
      equations[a][4 + a] += slight;
    }
    for (const [a, channels] of solvedEquations(equations, 4).entries())
      channels.forEach((factor, c) => (map[c * 4 + a] = factor));
    for (let i = 0; i < pixels; i++) {
      let error = 0;
      for (let c = 0; c < 3; c++)
        error += (edited.data[i * 3 + c] / 255 - mapped(map, source.data, i * 3, c)) ** 2;
      weights[i] = 1 / (1 + error / TYPICAL ** 2);
    }
  }
  return map;
}

/** Returns one channel of the mapped colour of the pixel at `at`, in 0..1. */
export function mapped(
  map: ArrayLike<number>,
  data: Uint8Array,
  at: number,
  channel: number,
  offset = 0,
): number {
  const m = offset + channel * 4;
  return (map[m] * data[at] + map[m + 1] * data[at + 1] + map[m + 2] * data[at + 2]) / 255 + map[m + 3];
}
