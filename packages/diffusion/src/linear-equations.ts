/**
 * Solves `count` linear equations by Gauss-Jordan elimination with partial pivoting. Each row has `count` coefficients followed by one or more
 * right-hand sides. Returns a row of solutions per unknown.
 */
export function solvedEquations(rows: readonly (readonly number[])[], count: number): number[][] {
  const equations = rows.map((row) => [...row]);
  for (let pivot = 0; pivot < count; pivot++) {
    const rest = equations.slice(pivot);
    const largest = rest.reduce((a, b) => (Math.abs(b[pivot]) > Math.abs(a[pivot]) ? b : a));
    const swapped = equations.indexOf(largest);
    [equations[pivot], equations[swapped]] = [equations[swapped], equations[pivot]];
    const divisor = equations[pivot][pivot];
    equations[pivot] = equations[pivot].map((value) => value / divisor);
    for (const [i, equation] of equations.entries()) {
      const factor = equation[pivot];
      if (i !== pivot) equations[i] = equation.map((value, j) => value - factor * equations[pivot][j]);
    }
  }
  return equations.map((equation) => equation.slice(count));
}
