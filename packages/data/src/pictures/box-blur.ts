import { blankPixels, type Pixels } from './pixels.ts';

/** Averages each pixel with the (2 radius + 1)^2 pixels around it; edge pixels repeat outwards. */
export function boxBlur({ width, height, data }: Pixels, radius: number): Pixels {
  const across = blankPixels(width, height);
  for (let y = 0; y < height; y++) blurLine(data, across.data, y * width * 3, 3, width, radius);
  const both = blankPixels(width, height);
  for (let x = 0; x < width; x++) blurLine(across.data, both.data, x * 3, width * 3, height, radius);
  return both;
}

function blurLine(
  from: Float32Array,
  to: Float32Array,
  start: number,
  step: number,
  length: number,
  radius: number,
): void {
  const last = start + (length - 1) * step;
  for (let c = 0; c < 3; c++) {
    let sum = 0;
    for (let i = -radius; i <= radius; i++) sum += from[Math.min(last, start + Math.max(0, i) * step) + c];
    for (let i = 0; i < length; i++) {
      to[start + i * step + c] = sum / (2 * radius + 1);
      const entering = Math.min(last, start + (i + radius + 1) * step);
      const leaving = Math.max(start, start + (i - radius) * step);
      sum += from[entering + c] - from[leaving + c];
    }
  }
}
