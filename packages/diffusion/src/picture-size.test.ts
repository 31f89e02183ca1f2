import { parseUNetConfig } from '@rewardedit/models';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pixelSpace } from './picture-space/index.ts';
import { proportionalSize, resolutionSize, sizeMultiple, trainedSide } from './picture-size.ts';

/** Three levels on squares of 2 x 2 pixels: sizes are multiples of 8. */
const model = (sample_size: number | number[] | null) => ({
  space: pixelSpace(2),
  unet: parseUNetConfig({
    sample_size,
    block_out_channels: [32, 32, 32],
    down_block_types: ['DownBlock2D', 'DownBlock2D', 'DownBlock2D'],
    up_block_types: ['UpBlock2D', 'UpBlock2D', 'UpBlock2D'],
  }),
});

describe('the size at which to edit a picture', () => {
  it.each([
    [
      { width: 300, height: 200 },
      { width: 96, height: 64 },
    ],
    [
      { width: 200, height: 300 },
      { width: 64, height: 96 },
    ],
    [
      { width: 1, height: 1 },
      { width: 64, height: 64 },
    ],
    [
      { width: 1000, height: 990 },
      { width: 64, height: 64 },
    ],
    [
      { width: 9000, height: 10 },
      { width: 256, height: 64 },
    ],
  ])('%j at a shorter side of 64 is %j', (picture, expected) => {
    expect(proportionalSize(model(32), picture, 64)).toEqual(expected);
  });

  it('fits the levels of the network, as close to the proportions as possible', () => {
    const side = fc.integer({ min: 1, max: 30 }).map((count) => 8 * count);
    const pixels = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(side, pixels, pixels, (side, width, height) => {
        const size = proportionalSize(model(32), { width, height }, side);
        expect(Math.min(size.width, size.height)).toBe(side);
        expect([size.width % 8, size.height % 8]).toEqual([0, 0]);
        const wanted = Math.min(Math.max(width / height, height / width), 4);
        expect(Math.abs(Math.max(size.width, size.height) - side * wanted)).toBeLessThanOrEqual(4 + 1e-9);
      }),
    );
  });
});

it('reads the trained side and the multiple from the configuration', () => {
  expect(sizeMultiple(model(32))).toBe(8);
  expect(trainedSide(model(32))).toBe(64);
  expect(trainedSide(model([48, 32]))).toBe(64);
  expect(trainedSide(model(null))).toBeUndefined();
});

describe("InstructPix2Pix's resize rule", () => {
  // What edit_cli.py computes, with 64 for the multiple.
  const sixtyFour = { ...model(64), space: pixelSpace(16) };

  it.each([
    [768, 512, 512, 576, 384],
    [512, 768, 512, 384, 576],
    [512, 512, 512, 512, 512],
    [1920, 1080, 512, 512, 320],
    [640, 480, 512, 512, 384],
    [300, 200, 512, 576, 384],
    [100, 99, 512, 512, 512],
    [4000, 100, 512, 2560, 64],
  ])('%d x %d at %d is %d x %d', (width, height, resolution, ...expected) => {
    const size = resolutionSize(sixtyFour, { width, height }, resolution);
    expect([size.width, size.height]).toEqual(expected);
  });

  it('gives multiples close to the resolution and the proportions', () => {
    const pixels = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(pixels, pixels, fc.integer({ min: 8, max: 2000 }), (width, height, resolution) => {
        const size = resolutionSize(model(32), { width, height }, resolution);
        expect([size.width % 8, size.height % 8]).toEqual([0, 0]);
        const [low, high] = [Math.min(size.width, size.height), Math.max(size.width, size.height)];
        const ratio = Math.max(width, height) / Math.min(width, height);
        expect(low).toBeGreaterThanOrEqual(resolution / ratio - 1e-6);
        expect(low - resolution / ratio).toBeLessThan(8);
        expect(low * ratio - high).toBeGreaterThanOrEqual(-1e-6);
        expect(low * ratio - high).toBeLessThan(8);
        expect(size.width < size.height).toBe(width < height && size.width !== size.height);
      }),
    );
  });
});
