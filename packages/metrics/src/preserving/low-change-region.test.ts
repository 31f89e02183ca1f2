import { blankPicture, type Picture } from '@rewardedit/data';
import { describe, expect, it } from 'vitest';
import { labBlocks } from './lab-blocks.ts';
import { lowChangeRegion } from './low-change-region.ts';
import { otsuSplit } from './otsu.ts';

describe('labBlocks', () => {
  it('gives the same CIELAB colours as scikit-image', () => {
    const colours = [255, 0, 0, 0, 255, 0, 12, 200, 90, 3, 3, 3];
    // Each block of two by two pixels in one colour.
    const data = Uint8Array.from({ length: 48 }, (_, i) => colours[Math.floor((i % 24) / 6) * 3 + (i % 3)]);
    const { lab } = labBlocks({ width: 8, height: 2, data });
    const expected = [53.241, 80.092, 67.203, 87.735, -86.183, 83.18, 70.955, -64.82, 43.065, 0.823, 0, 0];
    for (const [i, value] of expected.entries()) expect(Math.abs(lab[i] - value)).toBeLessThan(0.005);
  });

  it('averages light in square blocks, incomplete at the edge', () => {
    const striped = blankPicture(130, 129);
    for (let i = 0; i < striped.data.length; i++) striped.data[i] = Math.floor(i / 3) % 2 === 0 ? 255 : 0;
    const { across, down, side, lab } = labBlocks(striped);
    expect([across, down, side]).toEqual([65, 65, 2]);
    // Half of the light is L* = 76, far from half of the 8-bit values, which is L* = 54.
    for (let i = 0; i < lab.length; i += 3) expect(lab[i]).toBeCloseTo(76.07, 1);
  });
});

describe('otsuSplit', () => {
  it('splits between two groups, next to the lower', () => {
    const values = Float64Array.of(1, 1.1, 1.2, 8, 8.1);
    const { threshold, separability } = otsuSplit(values, 0, 10);
    expect(threshold).toBeGreaterThan(1.2);
    expect(threshold).toBeLessThan(1.3);
    expect(separability).toBeGreaterThan(0.99);
  });

  it('has a low separability for a single group', () => {
    expect(otsuSplit(new Float64Array(50).fill(3), 0, 10).separability).toBe(0);
    const bell = Float64Array.from({ length: 2000 }, (_, i) => {
      const u = (i + 0.5) / 2000;
      return 5 + 0.6 * Math.log(u / (1 - u));
    });
    expect(otsuSplit(bell, 0, 10).separability).toBeLessThan(0.65);
  });
});

describe('lowChangeRegion', () => {
  const SIDE = 128;
  const paint = (at: (x: number, y: number) => readonly number[]): Picture => {
    const picture = blankPicture(SIDE, SIDE);
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++) picture.data.set(at(x, y), (y * SIDE + x) * 3);
    return picture;
  };
  const inSquare = (x: number, y: number) => x >= 40 && x < 80 && y >= 50 && y < 90;
  const texture = (x: number, y: number) => 120 + 40 * Math.sin(x / 5) + 30 * Math.cos(y / 7);
  const original = paint((x, y) => [texture(x, y), texture(y, x), 100]);
  const edited = paint((x, y) => (inSquare(x, y) ? [200, 30, 30] : [texture(x, y), texture(y, x), 100]));

  it('leaves out the edit and its rim', () => {
    const { mask, share } = lowChangeRegion(original, edited);
    const found = (expected: number, chosen: (x: number, y: number) => boolean) =>
      mask.filter((value, i) => value === expected && chosen(i % SIDE, Math.floor(i / SIDE))).length;
    const isFar = (x: number, y: number) => x < 34 || x >= 86 || y < 44 || y >= 96;
    expect(found(1, inSquare)).toBe(0);
    expect(found(0, isFar)).toBe(0);
    expect(share).toBe(mask.reduce((sum, value) => sum + value, 0) / mask.length);
  });

  it('finds the same region after the whole picture became warmer', () => {
    const warmer = {
      ...edited,
      data: edited.data.map((value, i) => Math.round(value * [1.05, 1, 0.93][i % 3])),
    };
    const { mask } = lowChangeRegion(original, edited);
    const differing = lowChangeRegion(original, warmer).mask.filter((value, i) => value !== mask[i]);
    expect(differing.length / SIDE ** 2).toBeLessThan(0.02);
  });

  it('is the whole of an unchanged picture', () => {
    expect(lowChangeRegion(original, original).share).toBe(1);
  });
});
