import { averageRanks, toCodes, type Codes } from './codes.ts';

/**
 * Spearman's rank correlation: Pearson's correlation of the average ranks. Null if one side is constant, or if there
 * are fewer than two pairs: then there is nothing to correlate, which is not the same as no correlation.
 */
export function spearman(x: Float64Array, y: Float64Array): number | null {
  return rankCorrelation(toCodes(x), toCodes(y));
}

/** The same of pairs of which number i occurs `weights[i]` times, as in a resample; once each without weights. */
export function rankCorrelation(x: Codes, y: Codes, weights?: Uint32Array): number | null {
  const ranksX = centredRanks(x, weights);
  const ranksY = centredRanks(y, weights);
  let squaresX = 0;
  let squaresY = 0;
  let products = 0;
  for (let i = 0; i < x.codes.length; i++) {
    const weight = weights === undefined ? 1 : weights[i];
    const rankX = ranksX[x.codes[i]];
    const rankY = ranksY[y.codes[i]];
    squaresX += weight * rankX * rankX;
    squaresY += weight * rankY * rankY;
    products += weight * rankX * rankY;
  }
  if (squaresX === 0 || squaresY === 0) return null;
  // Of large sums the last bits are rounded.
  return Math.max(-1, Math.min(1, products / Math.sqrt(squaresX * squaresY)));
}

/** The average rank of each distinct value, less the mean rank. */
function centredRanks({ codes, distinct }: Codes, weights: Uint32Array | undefined): Float64Array {
  const counts = new Float64Array(distinct.length);
  let all = 0;
  for (let i = 0; i < codes.length; i++) {
    const weight = weights === undefined ? 1 : weights[i];
    counts[codes[i]] += weight;
    all += weight;
  }
  const mean = (all + 1) / 2;
  const ranks = averageRanks(counts);
  for (let code = 0; code < ranks.length; code++) ranks[code] -= mean;
  return ranks;
}
