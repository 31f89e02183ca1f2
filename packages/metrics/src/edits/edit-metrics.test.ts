import { blankPicture, type Picture } from '@rewardedit/data';
import { describe, expect, it } from 'vitest';
import { madePhoto } from '../made-photo.test.helper.ts';
import { peakSignalToNoise } from '../pixels/differences.ts';
import { EDIT_METRICS, editMetrics, type EditMetric } from './edit-metrics.ts';

const SIDE = 48;
const original = madePhoto(3, SIDE);

/** The photo with a square in the middle painted over, and all of it brighter by so much. */
function painted(level: number, brighter = 0): Picture {
  const data = original.data.map((value, i) => {
    const [x, y] = [Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE)];
    const inSquare = x >= 16 && x < 32 && y >= 16 && y < 32;
    return Math.min(255, (inSquare ? level : value) + brighter);
  });
  return { width: SIDE, height: SIDE, data };
}

const truth = painted(255);

describe('editMetrics', () => {
  it('of the true edit are perfect, except for the distance to the original', () => {
    const metrics = editMetrics({ original, edited: truth, truth });
    expect(metrics).toMatchObject({
      right: 1,
      'truth.l1': 0,
      'truth.l2': 0,
      'truth.psnr': 100,
      'inside.psnr': 100,
      'outside.psnr': 100,
    });
    expect(metrics['truth.ssim']).toBeCloseTo(1, 12);
    expect(metrics['source.psnr']).toBe(peakSignalToNoise(original, truth));
    expect(Object.keys(metrics).sort()).toEqual(Object.keys(EDIT_METRICS).sort());
  });

  it('distinguish an edit that was not made from one that spoilt the rest', () => {
    const copied = editMetrics({ original, edited: original, truth });
    expect(copied).toMatchObject({ right: 0, 'outside.psnr': 100, 'source.l1': 0 });
    expect(copied['inside.psnr']).toBeLessThan(15);
    const spoilt = editMetrics({ original, edited: painted(255, 20), truth });
    expect(spoilt).toMatchObject({ right: 1, 'inside.psnr': 100 });
    expect(spoilt['outside.l1']).toBeCloseTo(20 / 255, 2);
    expect(spoilt['outside.psnr']).toBeLessThan(23);
  });

  it('compare only with the original without a true edit', () => {
    const metrics = editMetrics({ original, edited: truth });
    const expected: EditMetric[] = ['source.l1', 'source.l2', 'source.psnr', 'source.ssim'];
    expect(Object.keys(metrics)).toEqual(expected);
  });

  it('have no inside if the true edit changes nothing, and no outside if it changes everything', () => {
    const unchanged = editMetrics({ original, edited: painted(0), truth: original });
    expect(unchanged).not.toHaveProperty('right');
    expect(Object.keys(unchanged).filter((name) => name.startsWith('inside'))).toEqual([]);
    const negative = { ...original, data: original.data.map((value) => (value < 128 ? 255 : 0)) };
    const all = editMetrics({ original, edited: original, truth: negative });
    expect(Object.keys(all).filter((name) => name.startsWith('outside'))).toEqual([]);
  });

  it('refuse pictures of different sizes', () => {
    expect(() => editMetrics({ original, edited: blankPicture(8, 8) })).toThrow(/48x48 and 8x8/);
  });
});
