import type { Picture } from '@rewardedit/data';

/** Upper limit of PSNR in dB: equal pictures would have infinity, which JSON cannot express. */
export const HIGHEST_PSNR = 100;

/** Pixel differences of two pictures; NaN if the mask is empty. */
export interface Differences {
  /** Mean absolute difference of values from 0 to 1: the "L1" of MagicBrush and Emu Edit. */
  readonly l1: number;
  /** Mean squared difference of values from 0 to 1: the "L2" of MagicBrush. */
  readonly l2: number;
  /** Peak signal-to-noise ratio in dB, 10 log10(1 / L2), at most 100. */
  readonly psnr: number;
}

/** Compares two 8-bit pictures of the same size over red, green and blue of all pixels, or of those where the mask (one value per pixel) is not 0. */
export function pixelDifferences(a: Picture, b: Picture, mask?: Uint8Array): Differences {
  let absolute = 0;
  let squares = 0;
  let values = 0;
  for (let pixel = 0, at = 0; pixel < a.width * a.height; pixel++, at += 3) {
    if (mask?.[pixel] === 0) continue;
    const red = a.data[at] - b.data[at];
    const green = a.data[at + 1] - b.data[at + 1];
    const blue = a.data[at + 2] - b.data[at + 2];
    absolute += Math.abs(red) + Math.abs(green) + Math.abs(blue);
    squares += red * red + green * green + blue * blue;
    values += 3;
  }
  const psnr = 10 * Math.log10((255 * 255 * values) / squares);
  return {
    l1: absolute / (255 * values),
    l2: squares / (255 * 255 * values),
    psnr: Math.min(HIGHEST_PSNR, psnr),
  };
}

/** Computes the peak signal-to-noise ratio in dB of two pictures of the same size, over the mask if there is one; see `pixelDifferences`. */
export function peakSignalToNoise(a: Picture, b: Picture, mask?: Uint8Array): number {
  return pixelDifferences(a, b, mask).psnr;
}
