import type { PairCounts } from './pair-counts.ts';

/**
 * Kendall's tau-b: the surplus of concordant over discordant pairs, relative to its maximum given the ties. Null if one side is
 * constant.
 */
export function kendall({ pairs, concordant, discordant, tiedX, tiedY }: PairCounts): number | null {
  if (pairs === tiedX || pairs === tiedY) return null;
  return (concordant - discordant) / Math.sqrt((pairs - tiedX) * (pairs - tiedY));
}
