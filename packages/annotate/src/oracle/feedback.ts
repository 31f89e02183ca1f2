import { NOTHING_FAILED, type Perspective } from '@rewardedit/core';
import type {
  FollowingMeasurement,
  Measurement,
  PreservingMeasurement,
  QualityFaults,
} from '@rewardedit/metrics';
import { mapValues } from 'es-toolkit/object';

/** From this score on, nothing failed. */
const FAULTLESS = 4.8;

/** Describes what failed from each perspective; a fixed sentence if nothing did. */
export function feedbackOn({
  scores,
  following,
  preserving,
  quality,
}: Measurement): Record<Perspective, string> {
  const describe: Readonly<Record<Perspective, () => string>> = {
    following: () => describeFollowing(following),
    preserving: () => describePreserving(preserving),
    quality: () => describeQuality(quality),
  };
  return mapValues(describe, (describeOne, name) =>
    scores[name] >= FAULTLESS ? NOTHING_FAILED : describeOne(),
  );
}

function describeFollowing({ along, instead, misplaced }: FollowingMeasurement): string {
  if (misplaced) return 'The edit was made in the wrong place.';
  if (along < -0.1) return 'The opposite of the instruction was done.';
  if (instead >= 0.3) return 'Something else was done than the instruction asks for.';
  if (along < 0.2) return 'The instruction was not carried out.';
  if (along > 1) return 'The edit was overdone.';
  return along < 0.7 ? 'The edit was only half made.' : 'The edit was not made in full.';
}

/** Names of color changes: a direction in red, green and blue, and what a picture becomes along it. */
const DIRECTIONS: readonly {
  readonly direction: readonly number[];
  readonly forwards: string;
  readonly backwards: string;
}[] = [
  { direction: [1, 1, 1], forwards: 'brighter', backwards: 'darker' },
  { direction: [1, 0, -1], forwards: 'warmer', backwards: 'colder' },
  { direction: [-0.5, 1, -0.5], forwards: 'greener', backwards: 'more purple' },
];

/** A mean change shorter than this (of values 0 to 1) is not a change of color. */
const NO_DIRECTION = 0.03;

function describePreserving({ share, change }: PreservingMeasurement): string {
  const place = share > 0.6 ? 'The whole picture' : 'A part of the picture';
  const along = DIRECTIONS.map(({ direction, forwards, backwards }) => {
    const dot =
      direction.reduce((sum, value, channel) => sum + value * change[channel], 0) / Math.hypot(...direction);
    return { length: Math.abs(dot), word: dot > 0 ? forwards : backwards };
  });
  const [strongest] = along.toSorted((a, b) => b.length - a.length);
  const became = strongest.length < NO_DIRECTION ? 'was changed' : `became ${strongest.word}`;
  return `${place} ${became}, which was not asked for.`;
}

const QUALITY_WORDS: Readonly<Record<keyof QualityFaults, string>> = {
  blur: 'blurred',
  blocks: 'blocky',
  noise: 'noisy',
};

function describeQuality(quality: QualityFaults): string {
  const { blur, blocks, noise } = quality;
  const worst = blur >= Math.max(blocks, noise) ? 'blur' : blocks >= noise ? 'blocks' : 'noise';
  const degree = quality[worst];
  const howMuch = degree < 1.5 ? 'slightly' : degree < 3.5 ? 'clearly' : 'heavily';
  return `The picture is ${howMuch} ${QUALITY_WORDS[worst]}.`;
}
