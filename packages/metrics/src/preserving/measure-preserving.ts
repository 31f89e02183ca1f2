import type { Picture } from '@rewardedit/data';
import { lowChangeRegion } from './low-change-region.ts';
import { peakSignalToNoise } from '../pixels/differences.ts';
import { SMALLEST_SIDE, structuralSimilarity } from '../pixels/structural-similarity.ts';

/** How well an edit preserved what it left alone, as far as that can be measured; `missing` says why something is absent. */
export type PreservingMeasure = {
  /** How much of the picture changed little or not at all, 0 to 1. */
  readonly share?: number;
  /** PSNR over that region in dB; 100 where it is the same to the bit. */
  readonly psnr?: number;
  /** SSIM over that region, at most 1. */
  readonly ssim?: number;
  readonly missing?: string;
};

/** With less of the picture unchanged, the edit changed all of it, and what is left over says nothing. */
const LEAST_SHARE = 0.2;

/**
 * Measures on the pixels how well an edit preserved the rest of the picture: PSNR and SSIM over the region that changed
 * little. It needs neither a mask nor the true edit, so it cannot know which changes were asked for: one that was not counts as a
 * part of the edit where it is strong and local (then only `share` is smaller), and is measured where it is weak or
 * everywhere (drift of colours, compression, noise, a shift, a loss of detail). Edits of the whole picture leave nothing to
 * measure on: `psnr` and `ssim` are absent then.
 */
export function measurePreserving(original: Picture, edited: Picture): PreservingMeasure {
  if (original.width !== edited.width || original.height !== edited.height) {
    return { missing: 'the pictures differ in size' };
  }
  if (Math.min(original.width, original.height) < SMALLEST_SIDE) {
    return { missing: `the pictures have fewer than ${SMALLEST_SIDE} pixels a side` };
  }
  const { mask, share } = lowChangeRegion(original, edited);
  if (share < LEAST_SHARE) {
    return { share, missing: `less than ${LEAST_SHARE * 100} % of the picture is nearly unchanged` };
  }
  const psnr = peakSignalToNoise(original, edited, mask);
  const ssim = structuralSimilarity(original, edited, mask);
  if (Number.isNaN(ssim)) {
    return { share, psnr, missing: 'all that is nearly unchanged lies at the edge of the picture' };
  }
  return { share, psnr, ssim };
}
