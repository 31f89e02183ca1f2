import { describe, expect, it } from 'vitest';
import { peakSignalToNoise } from './differences.ts';
import { spoiltPairs } from './spoilt-pairs.test.helper.ts';
import { structuralSimilarity } from './structural-similarity.ts';

// scikit-image 0.26.0 on the same pairs: peak_signal_noise_ratio on uint8 RGB, structural_similarity on float64 luma with
// gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255.
const EXPECTED = [
  { psnr: 52.871961054478476, ssim: 0.9997599188254316 },
  { psnr: 20.96028926626539, ssim: 0.6340902270641888 },
  { psnr: 17.506550767972847, ssim: 0.1470795930803446 },
  { psnr: 38.02567794272543, ssim: 0.9968016118285103 },
  { psnr: 22.069724555980578, ssim: 0.7150852754293816 },
  { psnr: 18.449660076950195, ssim: 0.1755189048261858 },
  { psnr: 36.93536656146317, ssim: 0.9846372288206189 },
  { psnr: 22.552295386495565, ssim: 0.6480845877364739 },
  { psnr: 19.36669727665237, ssim: 0.11295517683028278 },
  { psnr: 32.6134501239388, ssim: 0.9652877583938789 },
  { psnr: 22.75969874934436, ssim: 0.5929029554339869 },
  { psnr: 19.752616779579995, ssim: 0.029356417679608265 },
  { psnr: 31.653709120885022, ssim: 0.9403561962314168 },
  { psnr: 23.864995601384745, ssim: 0.5567283172185388 },
  { psnr: 19.700284503526458, ssim: 0.045215697410728437 },
  { psnr: 30.07754448305039, ssim: 0.9085454531851201 },
  { psnr: 23.25500309444937, ssim: 0.542808615260545 },
  { psnr: 19.598378587757665, ssim: 0.068818761847416 },
  { psnr: 28.338670147882542, ssim: 0.8714318516751771 },
  { psnr: 22.624197273180595, ssim: 0.498779853856899 },
];

const pairs = spoiltPairs();

describe('PSNR and SSIM equal those of scikit-image', () => {
  it.each(EXPECTED.map((expected, index) => ({ index, ...expected })))(
    'for pair $index',
    ({ index, psnr, ssim }) => {
      const { a, b } = pairs[index];
      expect(peakSignalToNoise(a, b)).toBeCloseTo(psnr, 9);
      expect(structuralSimilarity(a, b)).toBeCloseTo(ssim, 9);
    },
  );
});
