import { describe, expect, it } from 'vitest';
import { blankPicture } from './picture.ts';
import {
  blendPixels,
  clampPixels,
  changedShare,
  mapPixels,
  meanDifference,
  toPicture,
  toPixels,
} from './pixels.ts';

const grey = (level: number) => toPixels(blankPicture(2, 2, [level, level, level]));

describe('pixels', () => {
  it('convert from 8 bits to floats and back without loss', () => {
    const data = Uint8Array.from({ length: 48 }, (_, i) => (i * 41) % 256);
    const picture = { width: 4, height: 4, data };
    expect(toPicture(toPixels(picture))).toEqual(picture);
  });

  it('are clamped when they become a picture', () => {
    const pixels = { width: 1, height: 1, data: Float32Array.of(-0.5, 0.5, 2) };
    expect([...toPicture(pixels).data]).toEqual([0, 128, 255]);
    expect([...clampPixels(pixels).data]).toEqual([0, 0.5, 1]);
  });

  it('blend by an amount, and by a mask of one weight per pixel', () => {
    expect(toPicture(blendPixels(grey(0), grey(200), 0.25)).data).toEqual(new Uint8Array(12).fill(50));
    const mask = Float32Array.of(0, 1, 0.5, 0);
    expect([...toPicture(blendPixels(grey(0), grey(200), 1, mask)).data]).toEqual([
      0, 0, 0, 200, 200, 200, 100, 100, 100, 0, 0, 0,
    ]);
  });

  it('of different sizes cannot be blended', () => {
    expect(() => blendPixels(grey(0), toPixels(blankPicture(2, 3)), 0.5)).toThrow('2x2 and 2x3');
  });

  it('have a mean difference and a share of changed pixels', () => {
    const one = mapPixels(grey(0), (rgb, x, y) => {
      if (x === 1 && y === 1) rgb[2] = 0.6;
    });
    expect(meanDifference(grey(0), one)).toBeCloseTo(0.6 / 12);
    expect(changedShare(grey(0), one, 0.5)).toBe(0.25);
    expect(changedShare(grey(0), one, 0.7)).toBe(0);
  });
});
