import { boxBlur, pixelUnit, type Pixels } from '@rewardedit/data';
import { makeLike } from './make-like.ts';
import type { Matched } from './matched.ts';
import type { Progress } from './progress.ts';
import { clamp, quantile, topMean } from './statistics.ts';

/** Where the given picture is neither the original, nor the truth, nor between them. One value per pixel. */
export type Deviation = {
  /** Euclidean distance, over three channels from 0 to 1, from the picture expected at this progress of the edit. */
  readonly size: Float64Array;
  /** 1 where the true edit changes the picture, 0 elsewhere; soft, and a pixel wider than the change. */
  readonly inside: Float64Array;
  /** The deviation itself: given minus expected, RGB interleaved. */
  readonly change: Pixels;
  /** How much of the deviation inside the edit continues outside of it, 0 to 1, by the medians of both. */
  readonly wideSpread: number;
  /** The same, by the fifth of the pixels outside that deviate most. */
  readonly someSpread: number;
};

/** Squared difference (summed over the channels) at which a pixel counts as half inside the edit. */
const HALF_INSIDE = 0.003;
/**
 * Radius, in units, of the average over which a spoilt picture is compared. It removes noise and the edges of a slightly different blur;
 * unrelated changes are wider.
 */
const SPOILT_RADIUS = 2;
/** With a smaller share of the picture outside the edit, the deviation outside is assumed to equal the one inside. */
const LEAST_OUTSIDE = 0.05;

/** Measures what the given picture shows besides the edit at its progress. */
export function measureDeviation(matched: Matched, { along }: Progress): Deviation {
  const { given, truth, original } = matched;
  const unit = Math.max(1, Math.round(pixelUnit(given)));
  const progress = clamp(along);
  const raw = makeLike(given, (i) => {
    const expected = original.data[i] + progress * (truth.data[i] - original.data[i]);
    return given.data[i] - expected;
  });
  const change = matched.spoilt ? boxBlur(raw, SPOILT_RADIUS * unit) : raw;
  // These pixels were averaged before, so averaging removes less noise than with independent pixels.
  const noise = (2 * matched.noise) / (2 * SPOILT_RADIUS + 1);

  const inside = insideOf(matched, unit);
  const count = given.width * given.height;
  const size = new Float64Array(count);
  const outer: number[] = [];
  const inner: number[] = [];
  for (let pixel = 0; pixel < count; pixel++) {
    let square = -3 * noise * noise;
    for (let i = pixel * 3; i < pixel * 3 + 3; i++) square += change.data[i] ** 2;
    size[pixel] = Math.sqrt(Math.max(0, square));
    if (inside[pixel] < 0.1) outer.push(size[pixel]);
    if (inside[pixel] > 0.5) inner.push(size[pixel]);
  }
  const typical = quantile(inner, 0.5) + 1e-6;
  const hasOutside = outer.length >= LEAST_OUTSIDE * count;
  return {
    size,
    inside,
    change,
    wideSpread: hasOutside ? clamp(quantile(outer, 0.5) / typical) : 1,
    someSpread: hasOutside ? clamp(topMean(outer, 0.2) / typical) : 1,
  };
}

function insideOf({ truth, original }: Matched, unit: number): Float64Array {
  const { width, height } = original;
  const changed = new Float32Array(width * height * 3);
  for (let start = 0; start < changed.length; start += 3) {
    let square = 0;
    for (let i = start; i < start + 3; i++) square += (truth.data[i] - original.data[i]) ** 2;
    changed[start] = square / (square + HALF_INSIDE);
  }
  const widened = boxBlur({ width, height, data: changed }, unit).data;
  const inside = new Float64Array(width * height);
  for (let pixel = 0; pixel < inside.length; pixel++) inside[pixel] = Math.min(1, 2 * widened[pixel * 3]);
  return inside;
}
