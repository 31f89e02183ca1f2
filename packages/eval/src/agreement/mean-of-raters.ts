/** For each item, the mean of the raters with a value; NaN if none has. */
export function meanOfRaters(raters: readonly Float64Array[], items: number): Float64Array {
  const means = new Float64Array(items);
  for (let item = 0; item < items; item++) {
    let sum = 0;
    let count = 0;
    for (const rater of raters) {
      if (Number.isNaN(rater[item])) continue;
      sum += rater[item];
      count += 1;
    }
    means[item] = sum / count;
  }
  return means;
}
