import { createRandom } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import { madePhoto } from '../made-photo.test.helper.ts';

/** Twenty pairs of pictures of several sizes, the second spoilt by noise, a shift and a drift of colour of growing strength. */
export function spoiltPairs(): readonly { a: Picture; b: Picture }[] {
  return Array.from({ length: 20 }, (_, index) => {
    const side = 24 + 5 * index;
    const a = madePhoto(index, side);
    const random = createRandom(17, 'spoil', index);
    const shift = index % 3;
    const data = a.data.map((_, i) => {
      const from = Math.max(i % 3, i - 3 * shift);
      const drift = ((i % 3) - 1) * (index % 5);
      return Math.min(
        255,
        Math.max(0, Math.round(a.data[from] + drift + ((index + 1) / 2) * random.normal())),
      );
    });
    return { a, b: { ...a, data } };
  });
}
