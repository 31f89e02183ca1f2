/**
 * Corrects p-values for their number (Holm, 1979): rejecting those below 5 % makes any error in at most 5 % of the cases. Returns
 * them in the given order.
 */
export function holm(pValues: readonly number[]): number[] {
  const corrected = Array.from(pValues, () => 1);
  let largest = 0;
  const ascending = [...pValues.keys()].toSorted((a, b) => pValues[a] - pValues[b]);
  for (const [rank, index] of ascending.entries()) {
    largest = Math.max(largest, Math.min(1, pValues[index] * (pValues.length - rank)));
    corrected[index] = largest;
  }
  return corrected;
}
