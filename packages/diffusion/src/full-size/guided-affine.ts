import type { Picture } from '@rewardedit/data';
import { mapped, overallMap } from './overall-map.ts';

/** At each pixel, the map from source to edited colour: edited = matrix x source + offset, colours in 0..1. */
export interface AffineMaps {
  readonly width: number;
  readonly height: number;
  /** Twelve values per pixel: for each edited channel three factors and an offset. */
  readonly data: Float32Array;
}

/** Values per pixel: 3 x 3 factors and 3 offsets. */
export const AFFINE_VALUES = 12;
/** Added to the covariance's diagonal, so that a flat window does not fit its noise. Colours are in 0..1. */
const REGULARIZATION = 1e-3;

/**
 * The guided filter with a colour guide (He, Sun and Tang, "Guided Image Filtering", PAMI 2013, section 3.4): the least-squares affine
 * map from source to edited colours in each square window, averaged at each pixel over all windows that contain it.
 *
 * It is fitted to the residual of a single map for the whole picture (`overallMap`), so regularization pulls towards that map: a window
 * without detail does not show what the edit does to detail, but the rest of the picture does.
 *
 * @param radius windows are 2 radius + 1 pixels a side, clipped at the border.
 */
export function guidedAffineMaps(source: Picture, edited: Picture, radius: number): AffineMaps {
  const { width, height } = source;
  const pixels = width * height;
  const mean = (value: (i: number) => number) =>
    boxMean(
      Float64Array.from({ length: pixels }, (_, i) => value(i)),
      width,
      height,
      radius,
    );
  const guide = (c: number) => (i: number) => source.data[i * 3 + c] / 255;
  const overall = overallMap(source, edited);
  const change = (c: number) => (i: number) =>
    edited.data[i * 3 + c] / 255 - mapped(overall, source.data, i * 3, c);
  const channels = [0, 1, 2] as const;
  const guideMeans = channels.map((c) => mean(guide(c)));
  const changeMeans = channels.map((c) => mean(change(c)));
  const product = (a: (i: number) => number, b: (i: number) => number) => mean((i) => a(i) * b(i));
  const squares = PAIRS.map(([a, b]) => product(guide(a), guide(b)));
  const crossed = channels.map((c) => channels.map((g) => product(change(c), guide(g))));

  const windows = Array.from({ length: AFFINE_VALUES }, () => new Float64Array(pixels));
  for (let i = 0; i < pixels; i++) {
    const means = guideMeans.map((values) => values[i]);
    const [rr, rg, rb, gg, gb, bb] = PAIRS.map(
      ([a, b], k) => squares[k][i] - means[a] * means[b] + (a === b ? REGULARIZATION : 0),
    );
    const inverse = invertSymmetric(rr, rg, rb, gg, gb, bb);
    for (const c of channels) {
      const covariance = channels.map((g) => crossed[c][g][i] - changeMeans[c][i] * means[g]);
      let offset = changeMeans[c][i];
      for (const g of channels) {
        const factor =
          covariance[0] * inverse[g * 3] +
          covariance[1] * inverse[g * 3 + 1] +
          covariance[2] * inverse[g * 3 + 2];
        windows[c * 4 + g][i] = factor;
        offset -= factor * means[g];
      }
      windows[c * 4 + 3][i] = offset;
    }
  }
  const data = new Float32Array(pixels * AFFINE_VALUES);
  windows.forEach((values, k) => {
    const averaged = boxMean(values, width, height, radius);
    for (let i = 0; i < pixels; i++) data[i * AFFINE_VALUES + k] = averaged[i] + overall[k];
  });
  return { width, height, data };
}

/** Pairs of channels above and on the diagonal. */
const PAIRS = [
  [0, 0],
  [0, 1],
  [0, 2],
  [1, 1],
  [1, 2],
  [2, 2],
] as const;

/** Returns the inverse of a symmetric 3 x 3 matrix, row by row. */
function invertSymmetric(a: number, b: number, c: number, d: number, e: number, f: number): number[] {
  const [p, q, r] = [d * f - e * e, c * e - b * f, b * e - c * d];
  const determinant = a * p + b * q + c * r;
  const [s, t, u] = [a * f - c * c, b * c - a * e, a * d - b * b];
  return [p, q, r, q, s, t, r, t, u].map((value) => value / determinant);
}

/** Returns the mean of each value's (2 radius + 1)^2 window, clipped at the border, in time independent of the radius. */
function boxMean(values: Float64Array, width: number, height: number, radius: number): Float64Array {
  const across = new Float64Array(values.length);
  const result = new Float64Array(values.length);
  for (let y = 0; y < height; y++) slidingMean(values, across, y * width, 1, width, radius);
  for (let x = 0; x < width; x++) slidingMean(across, result, x, width, height, radius);
  return result;
}

function slidingMean(
  from: Float64Array,
  to: Float64Array,
  start: number,
  step: number,
  length: number,
  radius: number,
): void {
  let sum = 0;
  for (let i = 0; i < Math.min(radius, length); i++) sum += from[start + i * step];
  for (let i = 0; i < length; i++) {
    if (i + radius < length) sum += from[start + (i + radius) * step];
    if (i - radius - 1 >= 0) sum -= from[start + (i - radius - 1) * step];
    const count = Math.min(length - 1, i + radius) - Math.max(0, i - radius) + 1;
    to[start + i * step] = sum / count;
  }
}
