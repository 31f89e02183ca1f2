import type { Picture } from '@rewardedit/data';
import { measureEdit } from '@rewardedit/metrics';
import type { Judge, Judgement } from '../judges/judge.ts';
import { feedbackOn } from './feedback.ts';

/** Smaller pictures have too few pixels for the windows in which quality is measured. */
const SMALLEST_SIDE = 16;

/**
 * Creates the judge that knows the true edit and measures on the pixels how far the given picture is from it. It needs no model, but can
 * only judge triplets with a `truth` picture, such as those that this project makes. Its measures are calibrated to the scale of the faults
 * that are added to those, but it never looks at their record.
 */
export function createOracle(): Judge {
  return {
    name: 'oracle',
    version: '1',
    needsTruth: true,
    async judge(triplet): Promise<Judgement> {
      const truth = await triplet.truth();
      if (truth === undefined) return { missing: 'the true edit is not known' };
      return judgePictures(await triplet.original(), await triplet.edited(), truth);
    },
  };
}

/** Measures how far an edit is from the true one; `missing` if that cannot be determined. */
export function judgePictures(original: Picture, given: Picture, truth: Picture): Judgement {
  const { width, height } = given;
  for (const other of [original, truth]) {
    if (other.width !== width || other.height !== height) return { missing: 'the pictures differ in size' };
  }
  if (Math.min(width, height) < SMALLEST_SIDE) {
    return { missing: `the pictures have fewer than ${SMALLEST_SIDE} pixels a side` };
  }
  const measurement = measureEdit({ original, given, truth });
  if (measurement === undefined) return { missing: 'the true edit changes nothing' };
  const { following, preserving, quality } = measurement.scores;
  return {
    reward: {
      scores: { following: rounded(following), preserving: rounded(preserving), quality: rounded(quality) },
      feedback: feedbackOn(measurement),
    },
  };
}

/** Rounds to a hundredth: the measures are not finer than that. */
function rounded(score: number): number {
  return Math.round(score * 100) / 100;
}
