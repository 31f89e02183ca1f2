import type { Picture } from '@rewardedit/data';

/** A picture to measure: RGB interleaved, each value 0 to 1. */
export type FloatPicture = {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
};

/** The measures were set on pictures of this side; in larger ones every length grows with the shorter side. */
const REFERENCE_SIDE = 32;

/** How many pixels one pixel of a 32 x 32 picture is in this one. */
export function pixelUnit({ width, height }: { readonly width: number; readonly height: number }): number {
  return Math.min(width, height) / REFERENCE_SIDE;
}

export function toFloatPicture({ width, height, data }: Picture): FloatPicture {
  const values = new Float32Array(data.length);
  for (let i = 0; i < values.length; i++) values[i] = data[i] / 255;
  return { width, height, data: values };
}

/** A picture of the same size with other values: `value` is called with each index. */
export function makeLike({ width, height, data }: FloatPicture, value: (i: number) => number): FloatPicture {
  const made = new Float32Array(data.length);
  for (let i = 0; i < made.length; i++) made[i] = value(i);
  return { width, height, data: made };
}

/** `(1 - share) * from + share * to`. */
export function blend(from: FloatPicture, to: FloatPicture, share: number): FloatPicture {
  const { width, height, data } = from;
  const blended = new Float32Array(data.length);
  for (let i = 0; i < blended.length; i++) blended[i] = data[i] + share * (to.data[i] - data[i]);
  return { width, height, data: blended };
}

/** Every pixel becomes the mean of the (2 radius + 1)^2 pixels around it; edge pixels repeat outwards. */
export function boxBlur(picture: FloatPicture, radius: number): FloatPicture {
  const { width, height, data } = picture;
  const rows = new Float32Array(data.length);
  for (let y = 0; y < height; y++) blurLine(data, rows, y * width * 3, 3, width, radius);
  const blurred = new Float32Array(data.length);
  for (let x = 0; x < width; x++) blurLine(rows, blurred, x * 3, width * 3, height, radius);
  return { width, height, data: blurred };
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
  for (let channel = 0; channel < 3; channel++) {
    let sum = from[start + channel] * (radius + 1);
    for (let i = 1; i <= radius; i++) sum += from[Math.min(last, start + i * step) + channel];
    for (let i = 0; i < length; i++) {
      to[start + i * step + channel] = sum / (2 * radius + 1);
      const entering = Math.min(last, start + (i + radius + 1) * step);
      const leaving = Math.max(start, start + (i - radius) * step);
      sum += from[entering + channel] - from[leaving + channel];
    }
  }
}

/** The picture in squares of one colour each, `side` pixels wide (cut off at the right and lower edge). */
export function blockMeans(picture: FloatPicture, side: number): FloatPicture {
  const { width, height, data } = picture;
  const blocks = new Float32Array(data.length);
  for (let top = 0; top < height; top += side) {
    const bottom = Math.min(height, top + side);
    for (let left = 0; left < width; left += side) {
      const right = Math.min(width, left + side);
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) sum += data[(y * width + x) * 3 + channel];
        }
        const mean = sum / ((bottom - top) * (right - left));
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) blocks[(y * width + x) * 3 + channel] = mean;
        }
      }
    }
  }
  return { width, height, data: blocks };
}
