import type { Deviation } from './deviation.ts';
import type { Matched } from './matched.ts';
import type { Progress } from './progress.ts';
import { clamp } from './statistics.ts';

export type FollowingMeasurement = Progress & {
  /** Degree, 0 to 1, to which something else was done instead of the edit. */
  readonly instead: number;
  /** Whether the edit was applied to something else than requested. */
  readonly misplaced: boolean;
};

/** Score of another edit, or of the right edit elsewhere. */
const SCORE_OF_ANOTHER_EDIT = 1;

/** Progress this close to 0 or 1 counts as 0 or 1. */
const TOLERANCE = 0.06;
/** Distance from the line at which a picture starts to count as another edit, and over which it fully does. */
const ASIDE = 0.1;
const ASIDE_RANGE = 0.3;
/** Additional tolerance if the edit itself was made. */
const ASIDE_WHEN_DONE = 0.15;
/** Additional tolerance if the deviation continues outside the edit: that is a fault of preserving. */
const ASIDE_WHEN_SPREAD = 0.9;
/** Progress below this is the opposite of the edit. */
const OPPOSITE = -0.1;
/** Progress up to which the edit may have been made elsewhere instead. */
const NOT_DONE = 0.3;
/** Distance up to which two mean colours (three channels, 0 to 1) count as the same paint. */
const SAME_COLOUR = 0.15;
/** Smaller deviations do not count for a misplaced edit. */
const VISIBLE = 0.05;

/** Distinguishes an edit that was made, partly or fully, from another edit made instead or elsewhere. */
export function measureFollowing(
  matched: Matched,
  progress: Progress,
  deviation: Deviation,
): FollowingMeasurement {
  const { along, aside } = progress;
  const awayFromDone = Math.abs(1 - along);
  const tolerated =
    ASIDE +
    ASIDE_WHEN_DONE * clamp(1 - 3 * awayFromDone) +
    ASIDE_WHEN_SPREAD * clamp(1 - 2.5 * awayFromDone) * deviation.wideSpread;
  const off = Math.hypot(aside, Math.max(0, OPPOSITE - along));
  return {
    ...progress,
    instead: clamp((off - tolerated) / ASIDE_RANGE),
    misplaced: along < NOT_DONE && isMisplaced(matched, deviation),
  };
}

/** Scores an edit: 0 if it was not made, 3 if half made, 5 if made; about 1 for another edit. */
export function followingScore({ along, instead, misplaced }: FollowingMeasurement): number {
  // Overdoing an edit costs half as much as underdoing it.
  const nearness = along > 1 ? 1 - (along - 1) / 2 : along;
  const made = clamp((nearness - TOLERANCE) / (1 - 2 * TOLERANCE));
  const score = made < 0.5 ? 6 * made : 3 + 4 * (made - 0.5);
  const mixed = score * (1 - instead) + SCORE_OF_ANOTHER_EDIT * instead;
  return misplaced ? Math.max(SCORE_OF_ANOTHER_EDIT, mixed) : mixed;
}

/** Whether what changed outside the edit now has the colour that the edit should have produced. */
function isMisplaced({ given, truth }: Matched, { size, inside }: Deviation): boolean {
  const colour = [0, 0, 0];
  const wanted = [0, 0, 0];
  let changed = 0;
  let edited = 0;
  for (let pixel = 0; pixel < size.length; pixel++) {
    const elsewhere = Math.max(0, size[pixel] - VISIBLE) * (1 - inside[pixel]);
    const here = inside[pixel] > 0.9 ? 1 : 0;
    changed += elsewhere;
    edited += here;
    for (let channel = 0; channel < 3; channel++) {
      colour[channel] += elsewhere * given.data[pixel * 3 + channel];
      wanted[channel] += here * truth.data[pixel * 3 + channel];
    }
  }
  if (changed === 0 || edited === 0) return false;
  return Math.hypot(...colour.map((sum, i) => sum / changed - wanted[i] / edited)) < SAME_COLOUR;
}
