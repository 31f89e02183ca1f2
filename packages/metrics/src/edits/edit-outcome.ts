import type { Picture } from '@rewardedit/data';
import { UNCHANGED } from './changed-region.ts';

export interface EditOutcome {
  /** Whether the result is nearer to the true edit than to the original in the pixels that the true edit changes. */
  readonly success: boolean;
  /** Peak signal-to-noise ratio of the whole result against the true edit, in decibels. */
  readonly decibels: number;
}

/** Measures how near an edit came to the true edit. All pictures must have the same size. */
export function editOutcome({
  original,
  truth,
  edited,
}: {
  original: Picture;
  truth: Picture;
  edited: Picture;
}): EditOutcome {
  let toTruth = 0;
  let toOriginal = 0;
  let all = 0;
  for (let i = 0; i < truth.data.length; i++) {
    const error = (edited.data[i] - truth.data[i]) ** 2;
    all += error;
    if (Math.abs(truth.data[i] - original.data[i]) <= UNCHANGED) continue;
    toTruth += error;
    toOriginal += (edited.data[i] - original.data[i]) ** 2;
  }
  return { success: toTruth < toOriginal, decibels: 10 * Math.log10(255 ** 2 / (all / truth.data.length)) };
}
