import { createRandom } from '@rewardedit/core';
import { blankPicture, shrinkPicture, type Picture } from '@rewardedit/data';
import { expect, it } from 'vitest';
import { linearPreview } from './linear-preview.ts';

const SIZE = 16;
const random = createRandom(1, 'preview');
const noisy = (): Picture => ({
  ...blankPicture(SIZE, SIZE),
  data: Uint8Array.from({ length: 3 * SIZE ** 2 }, () => random.integer(256)),
});

/** A latent of four channels at every second pixel, each a mixture of the colours. */
function encoded(picture: Picture): Float32Array {
  const { width, height, data } = shrinkPicture(picture, 2);
  const mixtures = [
    [1, 0, 0.5, 9],
    [0, 1, -0.5, 0],
    [0.2, 0, 1, -3],
    [1, 1, 1, 0],
  ];
  return Float32Array.from({ length: 4 * width * height }, (_, i) => {
    const [channel, position] = [Math.floor(i / (width * height)), i % (width * height)];
    const [red, green, blue, shift] = mixtures[channel];
    const [r, g, b] = data.subarray(3 * position, 3 * position + 3);
    return (red * r + green * g + blue * b) / 100 + shift;
  });
}

it('shows a latent in colours fitted to a picture with a known latent', () => {
  const picture = noisy();
  const { draw, decoded } = linearPreview(picture, encoded(picture), 2);
  expect(decoded).toBe('a linear map of the latent');
  const other = noisy();
  const shown = draw(encoded(other));
  const truth = shrinkPicture(other, 2);
  expect(shown).toMatchObject({ width: 8, height: 8 });
  const most = shown.data.reduce((max, value, i) => Math.max(max, Math.abs(value - truth.data[i])), 0);
  expect(most).toBeLessThanOrEqual(2);
});

it('shows a picture of a single colour in it, and NaN as black', () => {
  const plain = blankPicture(SIZE, SIZE, [200, 100, 50]);
  const { draw } = linearPreview(plain, encoded(plain), 2);
  expect([...draw(encoded(plain)).data.subarray(0, 3)]).toEqual([200, 100, 50]);
  expect(draw(encoded(plain).fill(Number.NaN)).data.every((value) => value === 0)).toBe(true);
});
