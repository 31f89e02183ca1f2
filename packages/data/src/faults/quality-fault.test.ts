import { createRandom } from '@rewardedit/core';
import { describe, expect, it } from 'vitest';
import { blankPicture } from '../pictures/picture.ts';
import {
  blankPixels,
  mapPixels,
  meanDifference,
  toPicture,
  toPixels,
  type Pixels,
} from '../pictures/pixels.ts';
import { blockMeans } from '../pictures/block-means.ts';
import { boxBlur } from '../pictures/box-blur.ts';
import { QUALITY_FAULTS, spoilQuality, spoilVisibly } from './quality-fault.ts';

function checkerboard(side: number): Pixels {
  const pixels = blankPixels(side, side);
  for (let i = 0; i < side * side; i++)
    pixels.data.fill(((i % side) + Math.floor(i / side)) % 2, i * 3, i * 3 + 3);
  return pixels;
}

/** Squares of six pixels: no degree of blur evens them out. */
function coarseCheckerboard(): Pixels {
  return mapPixels(blankPixels(32, 32), (rgb, x, y) => rgb.fill((Math.floor(x / 6) + Math.floor(y / 6)) % 2));
}

describe('boxBlur', () => {
  it('averages each pixel with its neighbourhood, repeating the edge', () => {
    const pixels = blankPixels(4, 3);
    pixels.data[(1 * 4 + 0) * 3] = 9;
    const blurred = boxBlur(pixels, 1);
    const red = Array.from({ length: 12 }, (_, i) => Math.round(blurred.data[i * 3] * 1000) / 1000);
    expect(red).toEqual([2, 1, 0, 0, 2, 1, 0, 0, 2, 1, 0, 0]);
    expect(blurred.data[1]).toBe(0);
  });
});

describe('blockMeans', () => {
  it('fills each block with its mean and cuts blocks off at the edge', () => {
    const pixels = blankPixels(3, 2);
    pixels.data.set([4, 0, 0, 0, 0, 0, 7, 1, 2], 0);
    expect([...blockMeans(pixels, 2).data]).toEqual([
      1, 0, 0, 1, 0, 0, 3.5, 0.5, 1, 1, 0, 0, 1, 0, 0, 3.5, 0.5, 1,
    ]);
  });
});

describe('spoilQuality', () => {
  it.each(QUALITY_FAULTS)('%s grows with its degree and depends only on the random stream', (fault) => {
    const pixels = coarseCheckerboard();
    const spoilt = [1, 2, 3, 4, 5].map((degree) => spoilQuality(pixels, fault, degree, createRandom(1, 'q')));
    const differences = spoilt.map((result) => meanDifference(pixels, result));
    expect(differences).toEqual([...differences].sort((a, b) => a - b));
    for (const difference of differences) expect(difference).toBeGreaterThan(0.015);
    expect(spoilQuality(pixels, fault, 3, createRandom(1, 'q'))).toEqual(spoilt[2]);
  });

  it('adds noise of the given standard deviation', () => {
    const grey = toPixels(blankPicture(64, 64, [128, 128, 128]));
    const noisy = spoilQuality(grey, 'noise', 2, createRandom(1, 'noise'));
    let squares = 0;
    for (let i = 0; i < noisy.data.length; i++) squares += (noisy.data[i] - grey.data[i]) ** 2;
    expect(Math.sqrt(squares / noisy.data.length)).toBeCloseTo(0.1, 2);
  });

  it('blurs as often as its degree, 3 x 3 at 32 pixels and as wide at twice the size', () => {
    const dot = (side: number) => {
      const pixels = blankPixels(side, side);
      for (let y = 0; y < side / 32; y++)
        for (let x = 0; x < side / 32; x++) pixels.data[((side / 2 + y) * side + side / 2 + x) * 3] = 1;
      return pixels;
    };
    const once = spoilQuality(dot(32), 'blur', 1, createRandom(1, 'b'));
    expect(once.data.filter((value) => value > 0).length).toBe(9);
    const twice = spoilQuality(dot(32), 'blur', 2, createRandom(1, 'b'));
    expect(twice.data.filter((value) => value > 0).length).toBe(25);
    const larger = spoilQuality(dot(64), 'blur', 1, createRandom(1, 'b'));
    expect(larger.data.filter((value) => value > 0).length).toBe(36);
  });

  it('stays in range', () => {
    for (const fault of QUALITY_FAULTS) {
      const { data } = spoilQuality(checkerboard(32), fault, 5, createRandom(2, 'range'));
      expect(Math.min(...data)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...data)).toBeLessThanOrEqual(1.000001);
      expect(toPicture({ width: 32, height: 32, data }).data.length).toBe(3072);
    }
  });
});

describe('spoilVisibly', () => {
  it('uses noise if another fault would be invisible', () => {
    const flat = toPixels(blankPicture(32, 32, [128, 128, 128]));
    for (const fault of QUALITY_FAULTS) {
      const { pixels, fault: used } = spoilVisibly(flat, fault, 3, createRandom(1, 'flat'));
      expect(used).toBe('noise');
      expect(meanDifference(flat, pixels)).toBeGreaterThan(0.1);
      expect(spoilVisibly(coarseCheckerboard(), fault, 1, createRandom(1, 'edges')).fault).toBe(fault);
    }
  });
});
