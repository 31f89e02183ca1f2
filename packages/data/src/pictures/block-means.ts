import { blankPixels, type Pixels } from './pixels.ts';

/** Fills squares of `side` pixels with their mean colour; the last ones are cut off at the right and lower edge. */
export function blockMeans(pixels: Pixels, side: number): Pixels {
  const { width, height } = pixels;
  const blocks = blankPixels(width, height);
  for (let top = 0; top < height; top += side) {
    for (let left = 0; left < width; left += side) {
      const bottom = Math.min(height, top + side);
      const right = Math.min(width, left + side);
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let y = top; y < bottom; y++)
          for (let x = left; x < right; x++) sum += pixels.data[(y * width + x) * 3 + c];
        const mean = sum / ((bottom - top) * (right - left));
        for (let y = top; y < bottom; y++)
          for (let x = left; x < right; x++) blocks.data[(y * width + x) * 3 + c] = mean;
      }
    }
  }
  return blocks;
}
