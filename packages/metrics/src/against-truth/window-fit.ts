import type { Pixels } from '@rewardedit/data';

/** A square of one channel of a picture. */
export type Window = { readonly left: number; readonly top: number; readonly channel: number };

/** The best approximation of the given picture in one window: truthGain * truth + originalGain * original + constant. */
export type WindowFit = {
  readonly truthGain: number;
  readonly originalGain: number;
  readonly constant: number;
  /** Sum of the squares of what remains. */
  readonly energy: number;
};

/** Variance (of values 0 to 1) below which a window counts as flat, so that rounding to 8 bits is not taken for structure. */
const FLAT_VARIANCE = 1e-5;

/** Side of the windows: a quarter of the picture. */
export function windowSide({ width, height }: Pixels): number {
  return Math.round(Math.min(width, height) / 4);
}

/** All windows of all channels, side by side; what remains at the right and lower edge is left out. */
export function* windowsOf({ width, height }: Pixels, side: number): Generator<Window> {
  for (let top = 0; top + side <= height; top += side) {
    for (let left = 0; left + side <= width; left += side) {
      for (let channel = 0; channel < 3; channel++) yield { left, top, channel };
    }
  }
}

/**
 * Approximates one window of the given picture by the true edit and the original, by least squares. Gains of its own in
 * every window and channel make the fit blind to light, colour, half-made edits and repainted objects: what is left
 * over is structure that neither picture has, or lacks.
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
  // A little ridge keeps the gains finite where both pictures are flat or alike.
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
