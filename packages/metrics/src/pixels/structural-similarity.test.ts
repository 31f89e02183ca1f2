import type { Picture } from '@rewardedit/data';
import { describe, expect, it } from 'vitest';
import { HIGHEST_PSNR, peakSignalToNoise } from './differences.ts';
import { structuralSimilarity } from './structural-similarity.ts';

// The expected values were computed with scikit-image 0.26 (structural_similarity with gaussian_weights=True, sigma=1.5,
// use_sample_covariance=False, data_range=255 on float64 luma, peak_signal_noise_ratio on uint8 RGB) on the pictures below;
// those with a mask with scipy 1.17's gaussian_filter of the masked pictures, divided by that of the mask.

const WIDTH = 40;
const HEIGHT = 32;

function draw(value: (x: number, y: number, channel: number) => number): Picture {
  const data = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return value(pixel % WIDTH, Math.floor(pixel / WIDTH), i % 3);
  });
  return { width: WIDTH, height: HEIGHT, data };
}

const level = (x: number, y: number, channel: number) =>
  (x * 7 + y * 13 + channel * 29 + ((x * y) % 17) * 5) % 256;
const picture = draw(level);
const nudged = draw((x, y, channel) => {
  const nudge = ((x * 3 + y * 5 + channel) % 11) - 5 + (x > 20 ? 8 : 0);
  return Math.min(255, Math.max(0, level(x, y, channel) + nudge));
});
const negative = draw((x, y, channel) => 255 - level(x, y, channel));
const shifted = draw((x, y, channel) => level((x + WIDTH - 1) % WIDTH, y, channel));
const mask = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => (i % WIDTH < 18 || i < 9 * WIDTH ? 1 : 0));

const EXPECTED = [
  { name: 'nudged', other: nudged, ssim: 0.9957777576957638, psnr: 32.16769682505609 },
  { name: 'negative', other: negative, ssim: -0.7970909115350372, psnr: 4.764422926911781 },
  { name: 'shifted', other: shifted, ssim: 0.21312731415629424, psnr: 10.054623673090415 },
];

describe('structuralSimilarity', () => {
  it.each(EXPECTED)('equals scikit-image for a picture $name', ({ other, ssim }) => {
    expect(structuralSimilarity(picture, other)).toBeCloseTo(ssim, 10);
    expect(structuralSimilarity(other, picture)).toBeCloseTo(ssim, 10);
  });

  it('averages only over a region', () => {
    expect(structuralSimilarity(picture, nudged, mask)).toBeCloseTo(0.9965446910251278, 10);
    const spoilt = { ...nudged, data: nudged.data.map((value, i) => (mask[Math.floor(i / 3)] ? value : 0)) };
    expect(structuralSimilarity(picture, spoilt, mask)).toBeCloseTo(0.9965446910251278, 10);
    const whole = new Uint8Array(mask.length).fill(1);
    expect(structuralSimilarity(picture, nudged, whole)).toBe(structuralSimilarity(picture, nudged));
  });

  it('is 1 for equal pictures, and NaN if no window fits', () => {
    expect(structuralSimilarity(picture, picture)).toBeCloseTo(1, 12);
    expect(structuralSimilarity(picture, nudged, new Uint8Array(mask.length))).toBeNaN();
    const narrow = { width: 10, height: 40, data: new Uint8Array(1200) };
    expect(structuralSimilarity(narrow, narrow)).toBeNaN();
    const flat = { width: 40, height: 10, data: new Uint8Array(1200) };
    expect(structuralSimilarity(flat, flat)).toBeNaN();
  });
});

describe('peakSignalToNoise', () => {
  it.each(EXPECTED)('equals scikit-image for a picture $name', ({ other, psnr }) => {
    expect(peakSignalToNoise(picture, other)).toBeCloseTo(psnr, 10);
  });

  it('averages over a region', () => {
    expect(peakSignalToNoise(picture, nudged, mask)).toBeCloseTo(34.411617278338326, 10);
    expect(peakSignalToNoise(picture, nudged, new Uint8Array(mask.length))).toBeNaN();
  });

  it('is 100 for equal pictures, which JSON can express', () => {
    expect(peakSignalToNoise(picture, picture)).toBe(HIGHEST_PSNR);
    expect(JSON.parse(JSON.stringify(peakSignalToNoise(picture, picture)))).toBe(100);
  });
});
