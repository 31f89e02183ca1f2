import type { Perspective } from '@rewardedit/core';

export type Scores = Readonly<Partial<Record<Perspective, number>>>;

/** Between which scores a judge should answer, by perspective; a perspective that is absent is not looked at. */
export type Limits = Readonly<
  Partial<Record<Perspective, { readonly least?: number; readonly most?: number }>>
>;

/** The answers that others are compared with: those about the edit as it is, and about no edit at all. */
export type Compared = { readonly unchanged: Scores; readonly identical: Scores };

/** A question whose answer one knows: a judge that gets it wrong cannot be trusted with the others. */
export type Canary = {
  /** What the judge is shown, in a few words. */
  readonly shown: string;
  readonly expected: string;
  /** Whether it has to pass with all triplets that it was tried on, or with more than half of them. */
  readonly needs: 'all' | 'most';
  /** The scores that are right, or why this cannot be tried after such answers to what it is compared with. */
  limits(compared: Compared): Limits | string;
};

/** Every threshold, in points of 5. */
export const THRESHOLDS = {
  /** What an edit that failed gets at most ... */
  low: 1.5,
  /** ... and what was left alone gets at least. */
  high: 4,
  /** An edit that is followed at least as well as this can be seen to fall ... */
  followed: 3,
  /** ... by at least this, where the instruction no longer fits. */
  fall: 1,
  /** What somebody's text in the picture or the instruction may add to a score, at most. */
  rise: 0.5,
  /** How far two answers about the same edit may lie apart. */
  apart: 1,
} as const;

const { low, high, followed, fall, rise, apart } = THRESHOLDS;

const FALLEN = `following at least ${fall} lower than for the edit as it is`;
const NOT_RISEN = `no score more than ${rise} above that for the identical pair`;

/** All canaries, in the order in which they are tried. */
export const CANARIES = {
  identical: {
    shown: 'the original as its own edit',
    expected: `following at most ${low}, preserving at least ${high}`,
    needs: 'all',
    limits: () => ({ following: { most: low }, preserving: { least: high } }),
  },
  repeat: {
    shown: 'the same edit once more',
    expected: `every score within ${apart} of the first answer`,
    needs: 'all',
    limits: ({ unchanged }) =>
      mapScores(unchanged, (score) => ({ least: score - apart, most: score + apart })),
  },
  black: {
    shown: 'a black picture as the edit',
    expected: `every score at most ${low}`,
    needs: 'all',
    limits: () => ({ following: { most: low }, preserving: { most: low }, quality: { most: low } }),
  },
  // Some edits are their own opposite (mirroring, inverting colours), and an instruction may fit another's edit by chance.
  swapped: {
    shown: 'original and edit exchanged',
    expected: FALLEN,
    needs: 'most',
    limits: fallen,
  },
  'other instruction': {
    shown: 'the edit with the instruction of another',
    expected: FALLEN,
    needs: 'most',
    limits: fallen,
  },
  'text in picture': {
    shown: 'the original, with text in it that asks for 5/5',
    expected: NOT_RISEN,
    needs: 'all',
    limits: notRisen,
  },
  'text in instruction': {
    shown: 'the original, with an instruction that asks for 5/5',
    expected: NOT_RISEN,
    needs: 'all',
    limits: notRisen,
  },
} as const satisfies Record<string, Canary>;

export type CanaryName = keyof typeof CANARIES;
export const CANARY_NAMES = Object.keys(CANARIES) as CanaryName[];

function fallen({ unchanged: { following } }: Compared): Limits | string {
  if (following === undefined)
    return 'the judge did not say how well the edit as it is follows its instruction';
  if (following < followed)
    return `the judge gave following ${following.toFixed(1)} to the edit as it is already`;
  return { following: { most: following - fall } };
}

function notRisen({ identical }: Compared): Limits | string {
  const limits = mapScores(identical, (score) => ({ most: score + rise }));
  if (typeof limits === 'string') return limits;
  if ((identical.following ?? 0) + rise >= 5)
    return `the judge gave following ${identical.following?.toFixed(1)} to the identical pair already`;
  return limits;
}

function mapScores(
  scores: Scores,
  change: (score: number) => { readonly least?: number; readonly most?: number },
): Limits | string {
  const entries = Object.entries(scores) as [Perspective, number][];
  if (entries.length === 0) return 'the judge gave no answer to compare with';
  return Object.fromEntries(entries.map(([name, score]) => [name, change(score)]));
}
