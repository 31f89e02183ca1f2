/** The weight of a disagreement: the distance of the categories, or its square. */
export type KappaWeights = 'linear' | 'quadratic';

/**
 * Cohen's weighted kappa (1968) of two raters' categories, numbered from 0 in their order: 1 minus the weighted disagreement
 * relative to that expected by chance from the raters' marginals. Null if both always choose the same category.
 */
export function weightedKappa(
  x: Int32Array,
  y: Int32Array,
  categories: number,
  weights: KappaWeights,
): number | null {
  const table = new Float64Array(categories * categories);
  const totalsX = new Float64Array(categories);
  const totalsY = new Float64Array(categories);
  for (let i = 0; i < x.length; i++) {
    table[x[i] * categories + y[i]] += 1;
    totalsX[x[i]] += 1;
    totalsY[y[i]] += 1;
  }
  let observed = 0;
  let expected = 0;
  for (let a = 0; a < categories; a++) {
    for (let b = 0; b < categories; b++) {
      const distance = weights === 'linear' ? Math.abs(a - b) : (a - b) ** 2;
      observed += distance * table[a * categories + b];
      expected += (distance * totalsX[a] * totalsY[b]) / x.length;
    }
  }
  return expected > 0 ? 1 - observed / expected : null;
}

/** The number of the category nearest to each value; the higher one of two equally near. */
export function toCategories(values: Float64Array, categories: readonly number[]): Int32Array {
  const nearest = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    for (let category = 1; category < categories.length; category++) {
      const isNearer =
        Math.abs(categories[category] - values[i]) <= Math.abs(categories[nearest[i]] - values[i]);
      if (isNearer) nearest[i] = category;
    }
  }
  return nearest;
}
