import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cropLike, haveSameShape } from './crop-like.ts';
import { readPicture, readPictureSize } from './read-picture.ts';

describe('cropLike', () => {
  it('does not crop pictures of the same shape, also with rounded sides', () => {
    expect(cropLike({ width: 320, height: 192 }, { width: 160, height: 96 }, { width: 9, height: 9 })).toBe(
      undefined,
    );
    expect(haveSameShape({ width: 1023, height: 683 }, { width: 768, height: 512 })).toBe(true);
    expect(haveSameShape({ width: 96, height: 160 }, { width: 160, height: 96 })).toBe(false);
  });

  it('returns the same part of a squeezed scene', () => {
    const original = { width: 160, height: 96 };
    // The original is cropped to its middle 96 x 96: three fifths of its width, all of its height.
    expect(cropLike({ width: 100, height: 100 }, original, { width: 32, height: 32 })).toEqual({
      left: 20,
      top: 0,
      width: 60,
      height: 100,
    });
  });

  it('makes pairs of different shapes show the same part', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rewardedit-pair-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    // Smooth in both directions, so that a shift of a pixel shows.
    const [width, height] = [160, 96];
    const data = Buffer.from(
      Array.from({ length: width * height }, (_, at) => {
        const [x, y] = [at % width, Math.floor(at / width)];
        return [(x * 255) / width, (y * 255) / height, 128].map(Math.round);
      }).flat(),
    );
    const paths = { original: join(folder, 'a.png'), edited: join(folder, 'b.png') };
    const image = () => sharp(data, { raw: { width, height, channels: 3 } });
    await image().png().toFile(paths.original);
    await image().resize(96, 160, { fit: 'fill' }).png().toFile(paths.edited);
    const fit = { width: 48, height: 48 };
    const shownAs = await readPictureSize(paths.original);
    expect(shownAs).toEqual({ width, height });
    const [source, pair, alone] = await Promise.all([
      readPicture(paths.original, { fit }),
      readPicture(paths.edited, { fit, shownAs }),
      readPicture(paths.edited, { fit }),
    ]);
    const largest = (picture: typeof source) =>
      Math.max(...picture.data.map((value, at) => Math.abs(value - source.data[at])));
    expect(largest(pair)).toBeLessThanOrEqual(6);
    expect(largest(alone)).toBeGreaterThan(30);
  });
});
