import { toPixels, type Picture } from '@rewardedit/data';
import { measureDeviation } from './deviation.ts';
import { followingScore, measureFollowing, type FollowingMeasurement } from './following.ts';
import { matchQuality } from './matched.ts';
import { measurePreserving, preservingScore, type PreservingMeasurement } from './preserving.ts';
import { measureProgress } from './progress.ts';
import { measureQuality, qualityScore, type QualityFaults } from './quality.ts';
import type { Perspective } from '@rewardedit/core';

/** Measurements of an edit, and the resulting scores. */
export type Measurement = {
  readonly following: FollowingMeasurement;
  readonly preserving: PreservingMeasurement;
  readonly quality: QualityFaults;
  readonly scores: Readonly<Record<Perspective, number>>;
};

/**
 * Measures an edited picture against the true edit. All three pictures must have the same size, at least 16 pixels per side. Undefined if the
 * true edit changes nothing.
 */
export function measureEdit(pictures: {
  readonly original: Picture;
  readonly given: Picture;
  readonly truth: Picture;
}): Measurement | undefined {
  const given = toPixels(pictures.given);
  const quality = measureQuality(given, toPixels(pictures.truth), toPixels(pictures.original));
  const matched = matchQuality(given, quality);
  const progress = measureProgress(matched);
  if (progress === undefined) return undefined;
  const deviation = measureDeviation(matched, progress);
  const following = measureFollowing(matched, progress, deviation);
  const preserving = measurePreserving(deviation, following);
  const { blur, blocks, noise } = quality;
  return {
    following,
    preserving,
    quality: { blur, blocks, noise },
    scores: {
      following: followingScore(following),
      preserving: preservingScore(preserving, matched),
      quality: qualityScore(quality),
    },
  };
}
