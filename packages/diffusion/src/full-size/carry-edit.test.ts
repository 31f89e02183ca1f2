import { createRandom } from '@rewardedit/core';
import { resizePicture, type Picture } from '@rewardedit/data';
import { describe, expect, it } from 'vitest';
import { carryEdit } from './carry-edit.ts';

const WIDTH = 160;
const HEIGHT = 120;

/** Fine stripes, a slope and an edge: what is lost where a small picture is merely enlarged. */
const photo: Picture = {
  width: WIDTH,
  height: HEIGHT,
  data: Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, at) => {
    const [x, y, c] = [Math.floor(at / 3) % WIDTH, Math.floor(at / 3 / WIDTH), at % 3];
    return 60 + x / 3 + (x % 3 === 0 ? 50 : 0) + (y > 60 ? 40 : 0) * (c === 1 ? 0.4 : 1) + 10 * c;
  }),
};
const small = (picture: Picture) => resizePicture(picture, { width: 40, height: 30 });

function mapped(picture: Picture, change: (rgb: readonly number[]) => readonly number[]): Picture {
  const data = new Uint8Array(picture.data.length);
  for (let at = 0; at < data.length; at += 3)
    data.set(
      change([...picture.data.subarray(at, at + 3)]).map((value) =>
        Math.round(Math.min(255, Math.max(0, value))),
      ),
      at,
    );
  return { ...picture, data };
}

function meanError(a: Picture, b: Picture): number {
  return a.data.reduce((sum, value, i) => sum + Math.abs(value - b.data[i]), 0) / a.data.length;
}

const TONES: Record<string, (rgb: readonly number[]) => readonly number[]> = {
  'black and white': ([r, g, b]) => Array(3).fill(0.299 * r + 0.587 * g + 0.114 * b) as number[],
  negative: (rgb) => rgb.map((value) => 255 - value),
  warm: ([r, g, b]) => [1.1 * r, g, 0.6 * b],
  'no change': (rgb) => rgb,
};

describe('carryEdit', () => {
  it.each(Object.entries(TONES))(
    '%s of the small picture is that of the full photo, as sharp',
    async (_, tone) => {
      const source = await small(photo);
      const carried = carryEdit(photo, source, mapped(source, tone));
      const truth = mapped(photo, tone);
      expect([carried.width, carried.height]).toEqual([WIDTH, HEIGHT]);
      const enlarged = await resizePicture(mapped(source, tone), photo);
      expect(meanError(carried, truth)).toBeLessThan(3);
      expect(meanError(carried, truth)).toBeLessThan(meanError(enlarged, truth) / 3);
    },
  );

  it('drops the noise of the small edit, and keeps added objects', async () => {
    const source = await small(photo);
    const random = createRandom(1, 'noise');
    const noisy = mapped(source, (rgb) => rgb.map((value) => value + 4 * random.normal()));
    expect(meanError(carryEdit(photo, source, noisy), photo)).toBeLessThan(2);

    const added: Picture = { ...source, data: Uint8Array.from(source.data) };
    for (let y = 10; y < 20; y++) for (let x = 15; x < 25; x++) added.data.set([250, 0, 0], (y * 40 + x) * 3);
    const carried = carryEdit(photo, source, added);
    const middle = (60 * WIDTH + 80) * 3;
    expect(carried.data[middle]).toBeGreaterThan(215);
    expect(carried.data[middle + 1]).toBeLessThan(40);
    expect([...carried.data.slice(0, 3)]).toEqual([...photo.data.slice(0, 3)]);
  });
});
