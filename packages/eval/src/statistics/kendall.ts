import type { PairCounts } from './pair-counts.ts';

/**
 * Kendall's tau-b: the surplus of pairs that both sides order the same way over those that they order in opposite ways,
 * against what it could be at most, given the ties. Null where one side is constant.
 */
export function kendall({ pairs, concordant, discordant, tiedX, tiedY }: PairCounts): number | null {
  if (pairs === tiedX || pairs === tiedY) return null;
  return (concordant - discordant) / Math.sqrt((pairs - tiedX) * (pairs - tiedY));
}
