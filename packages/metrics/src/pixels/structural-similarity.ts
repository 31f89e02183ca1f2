import type { Picture } from '@rewardedit/data';

/** Radius of the window, which is 11 pixels wide. */
const RADIUS = 5;
const WINDOW = 2 * RADIUS + 1;
const DEVIATION = 1.5;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

/** Smallest side that contains a window. */
export const SMALLEST_SIDE = WINDOW;

/** Weights of a Gaussian of standard deviation 1.5; they sum to 1. */
const KERNEL = gaussian();

function gaussian(): Float64Array {
  const weights = Float64Array.from({ length: WINDOW }, (_, i) =>
    Math.exp(-((i - RADIUS) ** 2) / (2 * DEVIATION ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Moments averaged over each window: its weight, both pictures, the sum of their squares, their product. */
const MOMENTS = 5;

/**
 * Computes the structural similarity (Wang, Bovik, Sheikh and Simoncelli, 2004) of the luma of two 8-bit pictures of the same size: the mean of
 * the SSIM map over the pixels whose window is inside the picture. With a mask, it is the mean over those in the mask, and pixels outside the
 * mask do not count in any window, so that the surroundings of the region do not leak in. NaN if there is no such pixel.
 *
 * The windows are Gaussian, 11 x 11, with standard deviation 1.5, K1 = 0.01, K2 = 0.03 and population variances, which in scikit-image is
 * gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255.
 */
export function structuralSimilarity(a: Picture, b: Picture, mask?: Uint8Array): number {
  const { width, height } = a;
  const inner = width - 2 * RADIUS;
  if (inner < 1) return Number.NaN;
  // Rows of the current windows, each already averaged horizontally; row y is stored at y modulo 11.
  const rows = Array.from({ length: WINDOW }, () => new Float64Array(MOMENTS * inner));
  const points = new Float64Array(MOMENTS * width);
  const windows = new Float64Array(MOMENTS * inner);
  let sum = 0;
  let count = 0;
  for (let y = 0; y < height; y++) {
    readMoments(points, a, b, mask, y);
    averageAcross(rows[y % WINDOW], points, width);
    const middle = y - RADIUS;
    if (middle < RADIUS) continue;
    averageDown(windows, rows, y + 1);
    for (let x = 0; x < inner; x++) {
      if (mask?.[middle * width + x + RADIUS] === 0) continue;
      sum += similarity(windows, x, inner);
      count += 1;
    }
  }
  return sum / count;
}

/** Computes the five moments of each pixel of a row, zero outside the mask. */
function readMoments(
  to: Float64Array,
  a: Picture,
  b: Picture,
  mask: Uint8Array | undefined,
  row: number,
): void {
  const { width } = a;
  for (let x = 0, at = row * width * 3; x < width; x++, at += 3) {
    const weight = mask === undefined ? 1 : mask[row * width + x];
    const first = weight * luma(a.data, at);
    const second = weight * luma(b.data, at);
    to[x] = weight;
    to[width + x] = first;
    to[2 * width + x] = second;
    to[3 * width + x] = first * first + second * second;
    to[4 * width + x] = first * second;
  }
}

/** Computes Rec. 601 luma, 0 to 255, not rounded. */
function luma(data: Uint8Array, at: number): number {
  return 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
}

function averageAcross(to: Float64Array, points: Float64Array, width: number): void {
  const inner = width - 2 * RADIUS;
  const [k0, k1, k2, k3, k4, k5] = KERNEL;
  for (let moment = 0; moment < MOMENTS; moment++) {
    const start = moment * width + RADIUS;
    for (let x = 0; x < inner; x++) {
      const i = start + x;
      to[moment * inner + x] =
        k0 * (points[i - 5] + points[i + 5]) +
        k1 * (points[i - 4] + points[i + 4]) +
        k2 * (points[i - 3] + points[i + 3]) +
        k3 * (points[i - 2] + points[i + 2]) +
        k4 * (points[i - 1] + points[i + 1]) +
        k5 * points[i];
    }
  }
}

/** Averages the eleven rows vertically; row `first` modulo 11 is the topmost. */
function averageDown(to: Float64Array, rows: readonly Float64Array[], first: number): void {
  const [k0, k1, k2, k3, k4, k5] = KERNEL;
  const row = (offset: number) => rows[(first + offset) % WINDOW];
  const [r0, r1, r2, r3, r4, r5] = [row(0), row(1), row(2), row(3), row(4), row(5)];
  const [r6, r7, r8, r9, r10] = [row(6), row(7), row(8), row(9), row(10)];
  for (let i = 0; i < to.length; i++) {
    to[i] =
      k0 * (r0[i] + r10[i]) +
      k1 * (r1[i] + r9[i]) +
      k2 * (r2[i] + r8[i]) +
      k3 * (r3[i] + r7[i]) +
      k4 * (r4[i] + r6[i]) +
      k5 * r5[i];
  }
}

/** Computes the SSIM of a window from its moments. */
function similarity(moments: Float64Array, x: number, inner: number): number {
  const weight = moments[x];
  const mean = moments[inner + x] / weight;
  const otherMean = moments[2 * inner + x] / weight;
  const product = mean * otherMean;
  const squares = mean * mean + otherMean * otherMean;
  const variances = moments[3 * inner + x] / weight - squares;
  const covariance = moments[4 * inner + x] / weight - product;
  return ((2 * product + C1) * (2 * covariance + C2)) / ((squares + C1) * (variances + C2));
}
