import type { Picture, PictureSize } from '@rewardedit/data';

/** Parameter of Keys' cubic kernel, as in PIL. */
const SHARPNESS = -0.5;
/** Radius of the kernel in pixels when enlarging. */
const SUPPORT = 2;

/** The values that a resized one is computed from: `weights[i]` is the weight of value `first + i`. */
interface Blend {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * Resizes with a bicubic kernel, which is widened when shrinking, as PIL's `Image.resize` with BICUBIC and torchvision's `Resize` do, up to the
 * last bit of a rounded value. sharp's own enlargement is shifted by half a new pixel, which no network was trained on.
 */
export function resizeBicubic(picture: Picture, size: PictureSize): Picture {
  const { width, height } = picture;
  const rows = resampleAcross(picture, blends(width, size.width));
  const data = resampleDown(rows, size.width * 3, blends(height, size.height));
  return { ...size, data };
}

function blends(from: number, to: number): Blend[] {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - SUPPORT * stretch + 0.5));
    const end = Math.min(from, Math.trunc(centre + SUPPORT * stretch + 0.5));
    const weights = Float64Array.from({ length: end - first }, (_, k) =>
      cubic((first + k - centre + 0.5) / stretch),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return ((SHARPNESS + 2) * x - (SHARPNESS + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * SHARPNESS;
  return 0;
}

function resampleAcross({ width, height, data }: Picture, columns: readonly Blend[]): Uint8Array {
  const result = new Uint8Array(columns.length * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (const { first, weights } of columns) {
      for (let channel = 0; channel < 3; channel++, at++) {
        const start = (y * width + first) * 3 + channel;
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * data[start + k * 3];
        result[at] = toByte(sum);
      }
    }
  }
  return result;
}

/** A row has `stride` values. */
function resampleDown(data: Uint8Array, stride: number, rows: readonly Blend[]): Uint8Array {
  const result = new Uint8Array(rows.length * stride);
  for (const [y, { first, weights }] of rows.entries()) {
    for (let x = 0; x < stride; x++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * data[(first + k) * stride + x];
      result[y * stride + x] = toByte(sum);
    }
  }
  return result;
}

function toByte(value: number): number {
  return Math.min(255, Math.max(0, Math.floor(value + 0.5)));
}
