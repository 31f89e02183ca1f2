/** A value counts as changed if it differs by more than this, on a scale of -1 to 1. */
const CHANGED = 0.1;
/** Smallest share of changed values assumed, which bounds the weight of very small edits. */
const SMALLEST_SHARE = 0.05;

/**
 * Returns the loss weight of each value: 1, plus more for values that the edit changes, in inverse proportion to their number. All changed
 * values together weigh `changeWeight` times as much as the whole picture, however small the edit. With a constant weight, small edits
 * are learned last, as they are a small share of the loss.
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
