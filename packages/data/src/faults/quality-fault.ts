import type { Random } from '@rewardedit/core';
import { blockMeans } from '../pictures/block-means.ts';
import { boxBlur } from '../pictures/box-blur.ts';
import type { PictureSize } from '../pictures/picture.ts';
import { blankPixels, blendPixels, changedShare, type Pixels } from '../pictures/pixels.ts';

export const QUALITY_FAULTS = ['blur', 'noise', 'blocks'] as const;
export type QualityFault = (typeof QUALITY_FAULTS)[number];

/** Lengths are given for pictures of 32 x 32 pixels and grow with the shorter side. */
const REFERENCE_SIDE = 32;

/** Returns how many pixels of this picture correspond to one of a 32 x 32 picture. */
export function pixelUnit({ width, height }: PictureSize): number {
  return Math.min(width, height) / REFERENCE_SIDE;
}

/** Returns the radius whose box, 2 radius + 1 wide, has the variance (width^2 - 1) / 12 nearest to that of a box three units wide. */
export function blurRadius(size: PictureSize): number {
  const unit = pixelUnit(size);
  return Math.max(1, Math.round((Math.sqrt(8 * unit * unit + 1) - 1) / 2));
}

/** Returns the side in pixels of blocks four units wide. */
export function blockSide(size: PictureSize): number {
  return Math.max(2, Math.round(4 * pixelUnit(size)));
}

/**
 * Spoils the picture to a degree of 1 to 5: blurs it `degree` times with a box three units wide, adds Gaussian noise of standard
 * deviation 0.05 x degree (of full brightness), or blends it with its block means, four units wide, by 0.2 x degree. A unit is a pixel of a
 * 32 x 32 picture.
 */
export function spoilQuality(pixels: Pixels, fault: QualityFault, degree: number, random: Random): Pixels {
  if (fault === 'blur') {
    let blurred = pixels;
    for (let pass = 0; pass < degree; pass++) blurred = boxBlur(blurred, blurRadius(pixels));
    return blurred;
  }
  if (fault === 'blocks') return blendPixels(pixels, blockMeans(pixels, blockSide(pixels)), 0.2 * degree);
  const noisy = blankPixels(pixels.width, pixels.height);
  random.fillNormal(noisy.data);
  for (let i = 0; i < noisy.data.length; i++) {
    noisy.data[i] = Math.min(1, Math.max(0, pixels.data[i] + 0.05 * degree * noisy.data[i]));
  }
  return noisy;
}

/**
 * Spoils the picture visibly. Blur and blocks leave no trace on a picture without edges, which gets noise of the same degree instead.
 * Returns the fault that it got.
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
