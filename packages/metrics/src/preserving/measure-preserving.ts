import type { Picture } from '@rewardedit/data';
import { lowChangeRegion } from './low-change-region.ts';
import { peakSignalToNoise } from '../pixels/differences.ts';
import { SMALLEST_SIDE, structuralSimilarity } from '../pixels/structural-similarity.ts';

/** How well an edit preserved the rest of the picture; `missing` says why a value is absent. */
export type PreservingMeasure = {
  /** Share of the picture that changed little or not at all, 0 to 1. */
  readonly share?: number;
  /** PSNR over that region in dB; 100 if it is identical. */
  readonly psnr?: number;
  /** SSIM over that region, at most 1. */
  readonly ssim?: number;
  readonly missing?: string;
};

/** Below this share, the edit changed the whole picture, and the remaining region means nothing. */
const LEAST_SHARE = 0.2;

/**
 * Measures on the pixels how well an edit preserved the rest of the picture: PSNR and SSIM over the region that changed little. Without a mask
 * and the true edit, it cannot know which changes were requested: an unrequested change that is strong and local counts as part of the edit
 * (only `share` shrinks), while weak or global ones (colour drift, compression, noise, a shift, loss of detail) are measured. `psnr` and `ssim`
 * are absent for edits of the whole picture.
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
