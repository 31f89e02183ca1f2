import type { Deviation } from './deviation.ts';
import type { FollowingMeasurement } from './following.ts';
import type { Matched } from './matched.ts';
import { clamp, topMean } from './statistics.ts';

export type PreservingMeasurement = {
  /** How strongly the picture changed where it should not have: the mean distance in the part that changed most. */
  readonly strength: number;
  /** How much of the picture changed so, 0 to 1. */
  readonly share: number;
  /** What happened there on average, red, green and blue, each -1 to 1. */
  readonly change: readonly number[];
  /** Whether an edit in the wrong place may be all there is to it, which is a fault of following. */
  readonly misplaced: boolean;
};

/** Strength is that of the tenth of the picture that changed most: the size of the change does not matter beyond that. */
const MEASURED_SHARE = 0.1;
/** Changes up to this are invisible, and so much more of them for each unit of noise. */
const INVISIBLE = 0.015;
const INVISIBLE_PER_NOISE = 1.5;
/** Strength at which no point is left: a shape painted in another colour, a picture in another light. */
const WORST = 0.6;
const POWER = 0.8;
/**
 * How much of another edit, made instead of the one that was asked for, is kept out of this score where it spreads
 * beyond the edit: from the picture it cannot be told whether it was made instead of the edit, or besides none.
 */
const PART_OF_FOLLOWING = 0.85;
const MISPLACED_PART_OF_FOLLOWING = 0.75;
/** Deviations from this fraction of the strength on count as changed. */
const CHANGED_PART = 0.4;

/**
 * Measures what changed besides the edit. Outside of it, every change counts. Inside, only what does not lie on the way
 * from the original to the truth, and that only if the edit itself can be seen: else it is another edit, and a fault of
 * following. Where the edit changes the whole picture, this is all that can be preserved.
 */
export function measurePreserving(
  deviation: Deviation,
  following: FollowingMeasurement,
): PreservingMeasurement {
  const { inside, change } = deviation;
  const keptOut = 1 - (1 - PART_OF_FOLLOWING) * deviation.someSpread;
  const size = deviation.size.map(
    (value, pixel) => value * (1 - following.instead * inside[pixel] * keptOut),
  );
  const strength = topMean(size, MEASURED_SHARE);
  const sum = [0, 0, 0];
  let changed = 0;
  for (let pixel = 0; pixel < size.length; pixel++) {
    if (size[pixel] <= INVISIBLE || size[pixel] < CHANGED_PART * strength) continue;
    changed += 1;
    for (let channel = 0; channel < 3; channel++) sum[channel] += change.data[pixel * 3 + channel];
  }
  return {
    strength,
    share: changed / size.length,
    change: sum.map((value) => (changed === 0 ? 0 : value / changed)),
    misplaced: following.misplaced,
  };
}

/** 5 where nothing changed that should not, down to 0 where an unrelated edit was made in full. */
export function preservingScore({ strength, misplaced }: PreservingMeasurement, { noise }: Matched): number {
  const visible = Math.max(0, strength - INVISIBLE - INVISIBLE_PER_NOISE * noise);
  const score = 5 * clamp(1 - (visible / WORST) ** POWER);
  return misplaced ? score + MISPLACED_PART_OF_FOLLOWING * (5 - score) : score;
}
