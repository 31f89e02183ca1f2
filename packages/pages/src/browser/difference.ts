/** Smaller differences of a channel (of 255) are invisible compression noise. */
const SEEN_FROM = 8;

export type Difference = {
  /** The difference of each channel times the gain, as RGBA. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  /** The mean difference of a channel, 0 to 255. */
  readonly mean: number;
  /** The share of pixels that differ visibly, 0 to 1. */
  readonly changed: number;
};

/** Computes the absolute difference of two RGBA pictures of the same size. */
export function difference(a: Uint8ClampedArray, b: Uint8ClampedArray, gain: number): Difference {
  const data = new Uint8ClampedArray(a.length);
  let sum = 0;
  let changed = 0;
  for (let at = 0; at < a.length; at += 4) {
    let largest = 0;
    for (let channel = at; channel < at + 3; channel++) {
      const distance = Math.abs(a[channel] - b[channel]);
      data[channel] = distance * gain;
      sum += distance;
      largest = Math.max(largest, distance);
    }
    data[at + 3] = 255;
    if (largest >= SEEN_FROM) changed += 1;
  }
  const pixels = a.length / 4;
  return { data, mean: sum / (3 * pixels), changed: changed / pixels };
}
