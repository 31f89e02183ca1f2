import { PERSPECTIVES } from '@rewardedit/core';
import { HISTOGRAM_BARS, barOf } from './score-bars.ts';
import type { RowTable } from './row-table.ts';

/**
 * Returns how much a correction of each row would teach about the judge; NaN for rows that are already corrected or have no
 * score.
 *
 * A calibration learns what the judge's scores mean, histogram bar by bar. If `n` rows of a bar are corrected, the variance of
 * its estimate is proportional to `1 / (n + 1)`, so one more correction removes `1 / ((n + 1)(n + 2))` for each of the rows in
 * the bar. That is the worth, summed over the perspectives. Within a bar, the rows with the largest spread come first, and each
 * counts those before it as corrected, so the first rows of the order cover all scores.
 */
export function correctionWorth(table: RowTable): Float64Array {
  const worth = new Float64Array(table.count).fill(Number.NaN);
  for (const name of PERSPECTIVES) {
    const scores = table.scores[name];
    const bars = Array.from({ length: HISTOGRAM_BARS }, () => ({ rows: [] as number[], corrected: 0 }));
    for (let row = 0; row < table.count; row++) {
      if (Number.isNaN(scores[row])) continue;
      const bar = bars[barOf(scores[row])];
      if (table.isCorrected[row] === 1) bar.corrected += 1;
      else bar.rows.push(row);
    }
    for (const { rows, corrected } of bars) {
      rows.sort((a, b) => spreadOf(table, b) - spreadOf(table, a) || a - b);
      for (const [before, row] of rows.entries()) {
        const known = corrected + before + 1;
        worth[row] = (Number.isNaN(worth[row]) ? 0 : worth[row]) + rows.length / (known * (known + 1));
      }
    }
  }
  return worth;
}

function spreadOf({ spread }: RowTable, row: number): number {
  return Number.isNaN(spread[row]) ? 0 : spread[row];
}
