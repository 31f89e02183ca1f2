import fc from 'fast-check';
import { expect, it } from 'vitest';
import { evaluate, input, program } from '@rewardedit/graph';
import { coordinateChannels, createNetwork } from '@rewardedit/models';
import { fromPixelSpace, pixelSpace, toPixelSpace } from './pixel-space.ts';

it('orders squares of pixels like pixel_unshuffle', () => {
  const data = Uint8Array.from({ length: 3 * 4 * 2 }, (_, i) => i * 10);
  const values = toPixelSpace({ width: 4, height: 2, data }, 2);
  const red = (x: number, y: number) => Math.fround(data[(y * 4 + x) * 3] / 127.5 - 1);
  // Channels 0 to 3 are the red of (0,0), (1,0), (0,1), (1,1) of each square; there are two squares.
  const expected = [red(0, 0), red(2, 0), red(1, 0), red(3, 0), red(0, 1), red(2, 1), red(1, 1), red(3, 1)];
  expect([...values.subarray(0, 8)]).toEqual(expected);
});

it('recovers the picture', () => {
  const sides = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }));
  fc.assert(
    fc.property(
      sides,
      fc.integer({ min: 1, max: 4 }),
      fc.infiniteStream(fc.nat(255)),
      ([w, h], patch, bytes) => {
        const [width, height] = [w * patch, h * patch];
        const data = Uint8Array.from(bytes.take(3 * width * height));
        const picture = { width, height, data };
        expect(fromPixelSpace(toPixelSpace(picture, patch), width, height, patch)).toEqual(picture);
      },
    ),
  );
});

it('is the same in the graph as on the host, in both directions', () => {
  const { scope } = createNetwork();
  const space = pixelSpace(2);
  const { mode, sample } = space.encode(scope, input('pixels', [1, 3, 6, 4]));
  expect(sample(input('noise', mode.shape))).toBe(mode);
  const built = program({ outputs: { mode, pixels: space.decode(scope, mode) } });
  const data = Uint8Array.from({ length: 3 * 6 * 4 }, (_, i) => (i * 29) % 256);
  const picture = { width: 4, height: 6, data };
  const pixels = toPixelSpace(picture, 1);
  const { outputs } = evaluate(built, { inputs: { pixels } });
  expect(Float32Array.from(outputs['mode'])).toEqual(toPixelSpace(picture, 2));
  expect(Float32Array.from(outputs['pixels'])).toEqual(pixels);
});

it('gives the coordinates of each position, from edge to edge', () => {
  expect([...coordinateChannels({ width: 2, height: 2 })]).toEqual([
    -0.5, 0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5,
  ]);
  expect([...coordinateChannels({ width: 4, height: 1 })].slice(0, 4)).toEqual([-0.75, -0.25, 0.25, 0.75]);
});
