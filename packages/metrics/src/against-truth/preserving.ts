import type { Deviation } from './deviation.ts';
import type { FollowingMeasurement } from './following.ts';
import type { Matched } from './matched.ts';
import { clamp, topMean } from './statistics.ts';

export type PreservingMeasurement = {
  /** Strength of unrequested changes: the mean distance in the part that changed most. */
  readonly strength: number;
  /** Share of the picture with such changes, 0 to 1. */
  readonly share: number;
  /** Mean change there: red, green and blue, each -1 to 1. */
  readonly change: readonly number[];
  /** Whether a misplaced edit may explain all of it, which is a fault of following. */
  readonly misplaced: boolean;
};

/** Share of the picture, where it changed most, over which the strength is averaged. A larger change is not a worse one. */
const MEASURED_SHARE = 0.1;
/** Changes up to this strength are invisible, plus this much per unit of noise. */
const INVISIBLE = 0.015;
const INVISIBLE_PER_NOISE = 1.5;
/** Strength that costs all points: a shape in another colour, a picture in another light. */
const WORST = 0.6;
const POWER = 0.8;
/**
 * Share of another edit, made instead of the requested one, that does not count here if it spreads beyond the edit: the picture does not show
 * whether it was made instead of the edit or in addition.
 */
const PART_OF_FOLLOWING = 0.85;
const MISPLACED_PART_OF_FOLLOWING = 0.75;
/** Deviations of at least this fraction of the strength count as changed. */
const CHANGED_PART = 0.4;

/**
 * Measures what changed besides the edit. Outside of it, every change counts. Inside, only changes off the line from the original to the truth
 * count, and only if the edit itself is visible: otherwise it is another edit, a fault of following. If the edit changes the whole picture,
 * there is no outside.
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

/** Scores preservation, from 5 (no unrequested change) to 0 (an unrelated edit at full strength). */
export function preservingScore({ strength, misplaced }: PreservingMeasurement, { noise }: Matched): number {
  const visible = Math.max(0, strength - INVISIBLE - INVISIBLE_PER_NOISE * noise);
  const score = 5 * clamp(1 - (visible / WORST) ** POWER);
  return misplaced ? score + MISPLACED_PART_OF_FOLLOWING * (5 - score) : score;
}
