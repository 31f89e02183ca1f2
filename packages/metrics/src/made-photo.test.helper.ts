import { createRandom } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';

/** Something like a photo: soft light, blurry things of many colours and sizes, and a grain of detail. */
export function madePhoto(index: number, side = 96): Picture {
  const random = createRandom(11, 'photo', index);
  const things = Array.from({ length: 40 }, () => ({
    x: random.uniform() * side,
    y: random.uniform() * side,
    radius: (0.04 + 0.25 * random.uniform() ** 2) * side,
    softness: 0.5 + 4 * random.uniform(),
    colour: [random.uniform(), random.uniform(), random.uniform()],
  }));
  const data = new Uint8Array(side * side * 3);
  for (let y = 0, i = 0; y < side; y++) {
    for (let x = 0; x < side; x++, i += 3) {
      const rgb = [0.3 + (0.4 * y) / side, 0.4, 0.6 - (0.3 * x) / side];
      for (const thing of things) {
        const distance = Math.hypot(x - thing.x, y - thing.y);
        const cover = Math.min(1, Math.max(0, (thing.radius - distance) / thing.softness));
        for (let c = 0; c < 3; c++) rgb[c] += 0.8 * cover * (thing.colour[c] - rgb[c]);
      }
      const detail = 0.06 * Math.sin(x * 1.3 + y * 0.4) * Math.sin(y * 0.9 - x * 0.2);
      for (let c = 0; c < 3; c++) data[i + c] = Math.round(255 * Math.min(1, Math.max(0, rgb[c] + detail)));
    }
  }
  return { width: side, height: side, data };
}
