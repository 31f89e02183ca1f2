/** A value counts as changed where it differs by more than this, on a scale of -1 to 1. */
const CHANGED = 0.1;
/** Of a picture that changes less than this share of its values, each of them counts as if it were this share. */
const SMALLEST_SHARE = 0.05;

/**
 * How much each value of a triplet counts in the loss: 1, and where the edit changes something, more, the less it changes. All
 * changed values together weigh `changeWeight` times as much as the whole picture, whether the sky was repainted or a button.
 * With the same weight for every changed value, edits of small things are learned last: they are a fraction of the loss.
 */
export function changeWeights(from: Float32Array, to: Float32Array, changeWeight: number): Float32Array {
  const isChanged = (value: number, i: number) => Math.abs(value - from[i]) > CHANGED;
  let changed = 0;
  to.forEach((value, i) => {
    if (isChanged(value, i)) changed += 1;
  });
  const weight = 1 + changeWeight / Math.max(changed / to.length, SMALLEST_SHARE);
  return to.map((value, i) => (isChanged(value, i) ? weight : 1));
}
