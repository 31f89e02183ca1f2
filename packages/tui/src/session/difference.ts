import type { Picture } from '@rewardedit/data';

/** Small differences are what one looks for. */
const ENLARGED = 3;

/** Where two pictures of one size differ, and how much: black where they are the same. */
export function difference(a: Picture, b: Picture): Picture {
  const data = a.data.map((value, i) => Math.min(255, ENLARGED * Math.abs(value - b.data[i])));
  return { width: a.width, height: a.height, data };
}

/** The share of pixels of which any channel differs by more than an eye sees. */
export function changedShare(a: Picture, b: Picture): number {
  const pixels = a.width * a.height;
  let changed = 0;
  for (let i = 0; i < pixels; i++) {
    const differs = [0, 1, 2].some((c) => Math.abs(a.data[3 * i + c] - b.data[3 * i + c]) > 8);
    if (differs) changed += 1;
  }
  return pixels === 0 ? 0 : changed / pixels;
}
