import type { Pixels } from '@rewardedit/data';

/** Makes a picture of the same size from the value at each index. */
export function makeLike({ width, height, data }: Pixels, value: (index: number) => number): Pixels {
  const made = new Float32Array(data.length);
  for (let i = 0; i < made.length; i++) made[i] = value(i);
  return { width, height, data: made };
}
