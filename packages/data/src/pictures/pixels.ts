import { assertSameSize, type Picture } from './picture.ts';

/**
 * A picture for computations: RGB interleaved as in `Picture`, but as floats from 0 to 1. Intermediate values may leave that range; `toPicture`
 * clamps and rounds once, at the end.
 */
export type Pixels = {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
};

/** Makes pixels of the given size, all zero. */
export function blankPixels(width: number, height: number): Pixels {
  return { width, height, data: new Float32Array(width * height * 3) };
}

/** Converts a picture to floats from 0 to 1. */
export function toPixels(picture: Picture): Pixels {
  const pixels = blankPixels(picture.width, picture.height);
  for (let i = 0; i < pixels.data.length; i++) pixels.data[i] = picture.data[i] / 255;
  return pixels;
}

/** Converts pixels to 8 bits: clamped to 0 to 1, times 255, rounded to nearest. */
export function toPicture(pixels: Pixels): Picture {
  const data = new Uint8Array(pixels.data.length);
  for (let i = 0; i < data.length; i++) {
    data[i] = Math.min(255, Math.max(0, Math.round(pixels.data[i] * 255)));
  }
  return { width: pixels.width, height: pixels.height, data };
}

/** Computes `(1 - amount) * from + amount * to`; with a mask (one weight per pixel), `amount` is multiplied by it. */
export function blendPixels(from: Pixels, to: Pixels, amount: number, mask?: Float32Array): Pixels {
  assertSameSize(from, to);
  const blended = blankPixels(from.width, from.height);
  for (let i = 0; i < blended.data.length; i++) {
    const weight = mask === undefined ? amount : amount * mask[Math.trunc(i / 3)];
    blended.data[i] = from.data[i] + weight * (to.data[i] - from.data[i]);
  }
  return blended;
}

/** Applies `change` to every pixel; it overwrites the three values of `rgb` in place. */
export function mapPixels(pixels: Pixels, change: (rgb: Float32Array, x: number, y: number) => void): Pixels {
  const changed = blankPixels(pixels.width, pixels.height);
  const rgb = new Float32Array(3);
  for (let y = 0, at = 0; y < pixels.height; y++) {
    for (let x = 0; x < pixels.width; x++, at += 3) {
      for (let c = 0; c < 3; c++) rgb[c] = pixels.data[at + c];
      change(rgb, x, y);
      for (let c = 0; c < 3; c++) changed.data[at + c] = rgb[c];
    }
  }
  return changed;
}

/** Clamps each value to 0 to 1. */
export function clampPixels(pixels: Pixels): Pixels {
  const clamped = blankPixels(pixels.width, pixels.height);
  for (let i = 0; i < clamped.data.length; i++) clamped.data[i] = Math.min(1, Math.max(0, pixels.data[i]));
  return clamped;
}

/** Computes the mean absolute difference of all values, 0 (equal) to 1 (black against white). */
export function meanDifference(a: Pixels, b: Pixels): number {
  assertSameSize(a, b);
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += Math.abs(a.data[i] - b.data[i]);
  return sum / a.data.length;
}

/** Computes the share of pixels that differ by at least `least` (0 to 1) in some channel. */
export function changedShare(a: Pixels, b: Pixels, least: number): number {
  assertSameSize(a, b);
  let changed = 0;
  for (let at = 0; at < a.data.length; at += 3) {
    for (let c = at; c < at + 3; c++) {
      if (Math.abs(a.data[c] - b.data[c]) >= least) {
        changed += 1;
        break;
      }
    }
  }
  return (changed * 3) / a.data.length;
}

/** Computes the Rec. 601 luma of a pixel. */
export function luma(rgb: ArrayLike<number>): number {
  return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
}
