import type { Pixels } from '@rewardedit/data';

/** A square window of one channel of a picture. */
export type Window = { readonly left: number; readonly top: number; readonly channel: number };

/** Least-squares approximation of the given picture in a window: truthGain * truth + originalGain * original + constant. */
export type WindowFit = {
  readonly truthGain: number;
  readonly originalGain: number;
  readonly constant: number;
  /** Sum of squared residuals. */
  readonly energy: number;
};

/** Variance (of values from 0 to 1) below which a window counts as flat, so that rounding to 8 bits does not count as structure. */
const FLAT_VARIANCE = 1e-5;

/** Returns the side of the windows: a quarter of the shorter side. */
export function windowSide({ width, height }: Pixels): number {
  return Math.round(Math.min(width, height) / 4);
}

/** Yields adjacent windows of all channels. Incomplete ones at the right and lower edge are left out. */
export function* windowsOf({ width, height }: Pixels, side: number): Generator<Window> {
  for (let top = 0; top + side <= height; top += side) {
    for (let left = 0; left + side <= width; left += side) {
      for (let channel = 0; channel < 3; channel++) yield { left, top, channel };
    }
  }
}

/**
 * Approximates a window of the given picture by the true edit and the original. Because each window and channel has its own gains, the fit is
 * blind to light, colour, half-made edits and repainted objects: the residual is structure that neither picture has, or that is missing.
 */
export function fitWindow(
  given: Pixels,
  truth: Pixels,
  original: Pixels,
  { left, top, channel }: Window,
  side: number,
): WindowFit {
  const { width } = given;
  let [g, t, o, gg, gt, go, tt, to, oo] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let y = top; y < top + side; y++) {
    let i = (y * width + left) * 3 + channel;
    for (let x = 0; x < side; x++, i += 3) {
      const a = given.data[i];
      const b = truth.data[i];
      const c = original.data[i];
      g += a;
      t += b;
      o += c;
      gg += a * a;
      gt += a * b;
      go += a * c;
      tt += b * b;
      to += b * c;
      oo += c * c;
    }
  }
  const count = side * side;
  gg -= (g * g) / count;
  gt -= (g * t) / count;
  go -= (g * o) / count;
  tt -= (t * t) / count;
  to -= (t * o) / count;
  oo -= (o * o) / count;
  // A small ridge keeps the gains finite if both pictures are flat or equal.
  const ridge = FLAT_VARIANCE * count;
  const determinant = (tt + ridge) * (oo + ridge) - to * to;
  const truthGain = (gt * (oo + ridge) - go * to) / determinant;
  const originalGain = (go * (tt + ridge) - gt * to) / determinant;
  const explained = 2 * (truthGain * gt + originalGain * go);
  const size =
    truthGain * truthGain * tt + 2 * truthGain * originalGain * to + originalGain * originalGain * oo;
  return {
    truthGain,
    originalGain,
    constant: (g - truthGain * t - originalGain * o) / count,
    energy: Math.max(0, gg - explained + size),
  };
}
