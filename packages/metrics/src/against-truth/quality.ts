import { blendPixels, blockMeans, blockSide, blurRadius, boxBlur, type Pixels } from '@rewardedit/data';
import { noiseLevel } from './noise.ts';
import { clamp } from './statistics.ts';
import { fitWindow, windowsOf, windowSide } from './window-fit.ts';

/** Faults of quality. Each costs as many of five points as its value; 0 is none. */
export type QualityFaults = {
  /** How often the truth must be blurred with a box three pixels wide (at 32 x 32 pixels) to match this picture. */
  readonly blur: number;
  /** How many fifths of its block means, four pixels wide (at 32 x 32 pixels), are blended in. */
  readonly blocks: number;
  /** Standard deviation of the noise, in steps of 0.05 of full brightness. */
  readonly noise: number;
};

/** The faults, and the truth and the original with the same blur or blocks, so that only other differences remain. */
export type QualityMeasurement = SpoiltPair & { readonly noise: number };

type SpoiltPair = Pick<QualityFaults, 'blur' | 'blocks'> & {
  readonly truth: Pixels;
  readonly original: Pixels;
};

const LEVELS = 5;
/** Standard deviation of one degree of noise. */
export const NOISE_STEP = 0.05;
/** Weaker noise, in degrees, is invisible. */
const INVISIBLE_NOISE = 0.1;
/** How much better, in mean log energy of a window, a spoilt truth must explain the picture for it to count as spoilt. */
const EVIDENCE = 0.25;
/** Mean square of the remainder of a faultless picture: rounding of several pictures to 8 bits. */
const ROUNDING_ENERGY = 4e-5;

/**
 * Measures blur, blocks and noise of the given picture. Blur and blocks are measured by synthesis: the truth and the original are spoilt to each
 * degree, and the degree (in steps of a half) that explains the given picture best, window by window, is taken. Noise is estimated from what
 * remains unexplained.
 */
export function measureQuality(given: Pixels, truth: Pixels, original: Pixels): QualityMeasurement {
  const clean: SpoiltPair = { blur: 0, blocks: 0, truth, original };
  let best = clean;
  let least = unexplained(given, clean) - EVIDENCE;
  const consider = (candidates: readonly SpoiltPair[]) => {
    for (const candidate of candidates) {
      const energy = unexplained(given, candidate);
      if (energy < least) {
        least = energy;
        best = candidate;
      }
    }
  };
  const wholeDegrees = [...blurred(clean), ...blocky(clean)];
  consider(wholeDegrees);
  const oneAway = [clean, ...wholeDegrees].filter(
    ({ blur, blocks }) => Math.abs(blur - best.blur) + Math.abs(blocks - best.blocks) === 1,
  );
  consider(oneAway.map((neighbour) => halfWay(best, neighbour)));
  const noise = noiseLevel(given, best.truth, best.original) / NOISE_STEP;
  return { ...best, noise: noise < INVISIBLE_NOISE ? 0 : noise };
}

/** Returns 5 points less the cost of the faults. */
export function qualityScore({ blur, blocks, noise }: QualityFaults): number {
  return clamp(5 - blur - blocks - noise, 0, 5);
}

/** Blurs truth and original to every degree. */
function blurred(clean: SpoiltPair): SpoiltPair[] {
  const radius = blurRadius(clean.truth);
  const pairs = [clean];
  for (let blur = 1; blur <= LEVELS; blur++) {
    const { truth, original } = pairs[blur - 1];
    pairs.push({ ...clean, blur, truth: boxBlur(truth, radius), original: boxBlur(original, radius) });
  }
  return pairs.slice(1);
}

/** Blends truth and original with their block means to every degree. */
function blocky(clean: SpoiltPair): SpoiltPair[] {
  const side = blockSide(clean.truth);
  const truth = blockMeans(clean.truth, side);
  const original = blockMeans(clean.original, side);
  return Array.from({ length: LEVELS }, (_, i) => ({
    ...clean,
    blocks: i + 1,
    truth: blendPixels(clean.truth, truth, (i + 1) / LEVELS),
    original: blendPixels(clean.original, original, (i + 1) / LEVELS),
  }));
}

function halfWay(a: SpoiltPair, b: SpoiltPair): SpoiltPair {
  return {
    blur: (a.blur + b.blur) / 2,
    blocks: (a.blocks + b.blocks) / 2,
    truth: blendPixels(a.truth, b.truth, 0.5),
    original: blendPixels(a.original, b.original, 0.5),
  };
}

/**
 * Returns the mean over all windows of the log energy that truth and original cannot explain. The logarithm keeps a window with something new in
 * it (an unrelated shape) from outweighing the others.
 */
function unexplained(given: Pixels, { truth, original }: SpoiltPair): number {
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
