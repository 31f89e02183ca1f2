import type { Picture } from '@rewardedit/data';

/** Amplifies differences, since small ones matter. */
const ENLARGED = 3;

/** The amplified difference of two pictures of the same size: black where they are equal. */
export function difference(a: Picture, b: Picture): Picture {
  const data = a.data.map((value, i) => Math.min(255, ENLARGED * Math.abs(value - b.data[i])));
  return { width: a.width, height: a.height, data };
}

/** The share of pixels with a visible difference in any channel. */
export function changedShare(a: Picture, b: Picture): number {
  const pixels = a.width * a.height;
  let changed = 0;
  for (let i = 0; i < pixels; i++) {
    const differs = [0, 1, 2].some((c) => Math.abs(a.data[3 * i + c] - b.data[3 * i + c]) > 8);
    if (differs) changed += 1;
  }
  return pixels === 0 ? 0 : changed / pixels;
}
