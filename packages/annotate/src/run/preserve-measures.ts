import { measurePreserving } from '@rewardedit/metrics';
import type { JudgedTriplet, Measures } from '../judges/judge.ts';

/** Measures on the pixels what an edit preserved, under the names of these measures beside a reward. */
export async function preserveMeasures(triplet: JudgedTriplet): Promise<Measures> {
  const [original, edited] = await Promise.all([triplet.original(), triplet.edited()]);
  const { share, psnr, ssim } = measurePreserving(original, edited);
  return {
    ...(share !== undefined && { 'preserve.share': rounded(share) }),
    ...(psnr !== undefined && { 'preserve.psnr': rounded(psnr) }),
    ...(ssim !== undefined && { 'preserve.ssim': rounded(ssim) }),
  };
}

/** Rounds to four decimals, so that the values are the same on every machine. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
