import { blend, blockMeans, boxBlur, pixelUnit, type FloatPicture } from './float-picture.ts';
import { noiseLevel } from './noise.ts';
import { clamp } from './statistics.ts';
import { fitWindow, windowsOf, windowSide } from './window-fit.ts';

/** What is wrong with the quality of a picture; each costs as many of five points, and 0 is nothing. */
export type QualityFaults = {
  /** How many times a box three pixels wide (at 32 pixels a side) has to go over the truth to give this picture. */
  readonly blur: number;
  /** How many fifths of squares of one colour, four pixels wide (at 32 pixels a side), are mixed in. */
  readonly blocks: number;
  /** Standard deviation of the noise, in steps of 0.05 of full brightness. */
  readonly noise: number;
};

/** The faults, and the truth and the original spoilt by the same blur or blocks, so that only other differences remain. */
export type QualityMeasurement = QualityFaults & Pair;

type Pair = { readonly truth: FloatPicture; readonly original: FloatPicture };

const LEVELS = 5;
/** Brightness of one degree of noise, as a standard deviation. */
export const NOISE_STEP = 0.05;
/** Noise of less than this many degrees cannot be seen. */
const INVISIBLE_NOISE = 0.1;
/** How much better (in mean log energy of a window) a spoilt truth must explain the picture before it counts as spoilt. */
const EVIDENCE = 0.25;
/** Mean square of what remains when nothing is wrong: the rounding to 8 bits of several pictures. */
const ROUNDING_ENERGY = 4e-5;

/**
 * Measures blur, blocks and noise of the given picture. Blur and blocks by synthesis: the truth and the original are
 * spoilt to each degree, and the degree that explains the given picture best, window by window, is the one it has.
 * Noise is what no degree explains.
 */
export function measureQuality(
  given: FloatPicture,
  truth: FloatPicture,
  original: FloatPicture,
): QualityMeasurement {
  let best = { blur: 0, blocks: 0, truth, original };
  let least = unexplained(given, truth, original) - EVIDENCE;
  for (const candidate of spoiltPairs(truth, original)) {
    const energy = unexplained(given, candidate.truth, candidate.original);
    if (energy < least) {
      least = energy;
      best = candidate;
    }
  }
  const noise = noiseLevel(given, best.truth, best.original) / NOISE_STEP;
  return { ...best, noise: noise < INVISIBLE_NOISE ? 0 : noise };
}

/** 5 points less what the faults cost. */
export function qualityScore({ blur, blocks, noise }: QualityFaults): number {
  return clamp(5 - blur - blocks - noise, 0, 5);
}

/** Truth and original at every half degree of blur, and of blocks. */
function* spoiltPairs(
  truth: FloatPicture,
  original: FloatPicture,
): Generator<Pair & { blur: number; blocks: number }> {
  const unit = pixelUnit(truth);
  // The odd width whose variance, (width^2 - 1) / 12, is nearest to that of a box three units wide.
  const radius = Math.max(1, Math.round((Math.sqrt(8 * unit * unit + 1) - 1) / 2));
  let before = { truth, original };
  for (let blur = 1; blur <= LEVELS; blur++) {
    const after = { truth: boxBlur(before.truth, radius), original: boxBlur(before.original, radius) };
    yield { blur: blur - 0.5, blocks: 0, ...blendPairs(before, after, 0.5) };
    yield { blur, blocks: 0, ...after };
    before = after;
  }
  const side = Math.max(2, Math.round(4 * unit));
  const means = { truth: blockMeans(truth, side), original: blockMeans(original, side) };
  for (let blocks = 0.5; blocks <= LEVELS; blocks += 0.5) {
    yield { blur: 0, blocks, ...blendPairs({ truth, original }, means, blocks / LEVELS) };
  }
}

function blendPairs(from: Pair, to: Pair, share: number): Pair {
  return {
    truth: blend(from.truth, to.truth, share),
    original: blend(from.original, to.original, share),
  };
}

/**
 * Mean over the windows of the logarithm of what truth and original cannot explain: with the logarithm, a window with
 * something new in it (an unrelated shape) cannot outweigh the others.
 */
function unexplained(given: FloatPicture, truth: FloatPicture, original: FloatPicture): number {
  const side = windowSide(given);
  const rounding = ROUNDING_ENERGY * side * side;
  let sum = 0;
  let count = 0;
  for (const window of windowsOf(given, side)) {
    sum += Math.log(fitWindow(given, truth, original, window, side).energy + rounding);
    count += 1;
  }
  return sum / count;
}
