import type { Picture } from '@rewardedit/data';

/** The most that is given, in dB: equal pictures would have infinity, which JSON cannot say. */
export const HIGHEST_PSNR = 100;

/**
 * Peak signal-to-noise ratio in dB of two 8-bit pictures of one size: 10 log10(255^2 / MSE), where MSE is the mean over
 * red, green and blue of all pixels, or of those in the mask. At most 100; NaN where no pixel is in the mask.
 */
export function peakSignalToNoise(a: Picture, b: Picture, mask?: Uint8Array): number {
  let squares = 0;
  let values = 0;
  for (let pixel = 0, at = 0; pixel < a.width * a.height; pixel++, at += 3) {
    if (mask?.[pixel] === 0) continue;
    const red = a.data[at] - b.data[at];
    const green = a.data[at + 1] - b.data[at + 1];
    const blue = a.data[at + 2] - b.data[at + 2];
    squares += red * red + green * green + blue * blue;
    values += 3;
  }
  if (values === 0) return Number.NaN;
  return Math.min(HIGHEST_PSNR, 10 * Math.log10((255 * 255 * values) / squares));
}
