/**
 * p-values corrected for how many there are (Holm, 1979): whoever rejects those below 5 % errs in any of them in at most 5 %
 * of the cases. In the order of the given ones.
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
