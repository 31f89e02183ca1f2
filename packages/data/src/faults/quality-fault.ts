import type { Random } from '@rewardedit/core';
import { blankPixels, blendPixels, changedShare, type Pixels } from '../pictures/pixels.ts';

export const QUALITY_FAULTS = ['blur', 'noise', 'blocks'] as const;
export type QualityFault = (typeof QUALITY_FAULTS)[number];

/** Kernels and blocks have the sizes below at this many pixels a side, and grow with the picture. */
const REFERENCE_SIDE = 32;

/**
 * The picture, spoilt to a degree of 1 to 5: blurred `degree` times with a 3x3 box, or with Gaussian noise of standard
 * deviation 0.05 x degree (of full brightness), or blended with its own 4x4 block means by 0.2 x degree. The box and
 * the blocks are those of a picture of 32 pixels a side; larger ones scale with the shorter side.
 */
export function spoilQuality(pixels: Pixels, fault: QualityFault, degree: number, random: Random): Pixels {
  const scale = Math.min(pixels.width, pixels.height) / REFERENCE_SIDE;
  switch (fault) {
    case 'blur': {
      // The odd width whose variance, (width^2 - 1) / 12, is nearest to that of the 3-wide box, scaled.
      const radius = Math.max(1, Math.round((Math.sqrt(8 * scale * scale + 1) - 1) / 2));
      let blurred = pixels;
      for (let pass = 0; pass < degree; pass++) blurred = boxBlur(blurred, radius);
      return blurred;
    }
    case 'noise': {
      const noisy = blankPixels(pixels.width, pixels.height);
      random.fillNormal(noisy.data);
      for (let i = 0; i < noisy.data.length; i++) {
        noisy.data[i] = Math.min(1, Math.max(0, pixels.data[i] + 0.05 * degree * noisy.data[i]));
      }
      return noisy;
    }
    case 'blocks':
      break;
  }
  return blendPixels(pixels, blockMeans(pixels, Math.max(2, Math.round(4 * scale))), 0.2 * degree);
}

/**
 * Spoils the picture so that it shows. Blur and blocks leave no trace on a picture without edges; it gets noise of the
 * same degree in their place. Returns which fault it has in the end.
 */
export function spoilVisibly(
  pixels: Pixels,
  fault: QualityFault,
  degree: number,
  random: Random,
): { pixels: Pixels; fault: QualityFault } {
  const spoilt = spoilQuality(pixels, fault, degree, random);
  if (changedShare(pixels, spoilt, 0.04) >= 0.01) return { pixels: spoilt, fault };
  return { pixels: spoilQuality(pixels, 'noise', degree, random), fault: 'noise' };
}

/** Every pixel becomes the mean of the (2 radius + 1)^2 pixels around it; edge pixels repeat outwards. */
export function boxBlur(pixels: Pixels, radius: number): Pixels {
  const { width, height } = pixels;
  const across = blankPixels(width, height);
  for (let y = 0; y < height; y++) {
    blurLine(pixels.data, across.data, y * width * 3, 3, width, radius);
  }
  const both = blankPixels(width, height);
  for (let x = 0; x < width; x++) {
    blurLine(across.data, both.data, x * 3, width * 3, height, radius);
  }
  return both;
}

function blurLine(
  from: Float32Array,
  to: Float32Array,
  start: number,
  step: number,
  length: number,
  radius: number,
): void {
  const at = (position: number) => start + Math.min(length - 1, Math.max(0, position)) * step;
  for (let c = 0; c < 3; c++) {
    let sum = 0;
    for (let offset = -radius; offset <= radius; offset++) sum += from[at(offset) + c];
    for (let i = 0; i < length; i++) {
      to[at(i) + c] = sum / (2 * radius + 1);
      sum += from[at(i + radius + 1) + c] - from[at(i - radius) + c];
    }
  }
}

/** The picture in squares of one colour each, `side` pixels wide (cut off at the right and lower edge). */
export function blockMeans(pixels: Pixels, side: number): Pixels {
  const { width, height } = pixels;
  const blocks = blankPixels(width, height);
  for (let top = 0; top < height; top += side) {
    for (let left = 0; left < width; left += side) {
      const bottom = Math.min(height, top + side);
      const right = Math.min(width, left + side);
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let y = top; y < bottom; y++)
          for (let x = left; x < right; x++) sum += pixels.data[(y * width + x) * 3 + c];
        const mean = sum / ((bottom - top) * (right - left));
        for (let y = top; y < bottom; y++)
          for (let x = left; x < right; x++) blocks.data[(y * width + x) * 3 + c] = mean;
      }
    }
  }
  return blocks;
}
