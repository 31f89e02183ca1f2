import type { Picture } from '@rewardedit/data';

/** Flips a picture horizontally. */
export function mirrored({ width, height, data }: Picture): Picture {
  const flipped = new Uint8Array(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let colour = 0; colour < 3; colour++) {
        flipped[(y * width + x) * 3 + colour] = data[(y * width + width - 1 - x) * 3 + colour];
      }
  return { width, height, data: flipped };
}
