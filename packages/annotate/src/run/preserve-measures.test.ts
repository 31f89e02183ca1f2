import { createRandom } from '@rewardedit/core';
import { blankPicture, type Picture } from '@rewardedit/data';
import { describe, expect, it } from 'vitest';
import { preserveMeasures } from './preserve-measures.ts';

const SIDE = 64;

/** Noise, with a square of the value `inSquare` in the middle. */
function noisy(inSquare?: number): Picture {
  const random = createRandom(1, 'noise');
  const picture = blankPicture(SIDE, SIDE);
  for (let i = 0; i < picture.data.length; i++) {
    const [x, y] = [Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE)];
    const value = 128 + 20 * random.normal();
    const chosen = inSquare !== undefined && x >= 20 && x < 40 && y >= 20 && y < 40;
    picture.data[i] = chosen ? inSquare : value;
  }
  return picture;
}

const measuresOf = (original: Picture, edited: Picture) =>
  preserveMeasures({
    triplet: { id: 'a', instruction: 'add a square', original: '', edited: '' },
    path: () => '',
    readFile: () => Promise.reject(new Error('not needed')),
    original: () => Promise.resolve(original),
    edited: () => Promise.resolve(edited),
    truth: () => Promise.resolve(undefined),
  });

describe('preserveMeasures', () => {
  it('names the measures, and rounds them', async () => {
    const edited = noisy(250);
    for (let i = 0; i < edited.data.length; i += 7) edited.data[i] += 1;
    const measures = await measuresOf(noisy(), edited);
    expect(Object.keys(measures).sort()).toEqual(['preserve.psnr', 'preserve.share', 'preserve.ssim']);
    for (const value of Object.values(measures)) expect(value).toBe(Number(value.toFixed(4)));
  });

  it('leaves out what is missing', async () => {
    const inverted = { ...noisy(), data: noisy().data.map((value) => 255 - 0.5 * value) };
    expect(Object.keys(await measuresOf(noisy(), inverted))).toEqual(['preserve.share']);
    expect(await measuresOf(noisy(), blankPicture(20, 20))).toEqual({});
  });
});
