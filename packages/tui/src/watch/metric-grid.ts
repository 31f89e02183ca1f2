import type { WatchedRun } from '../runs/watched-run.ts';

const LEAST_WIDTH = 34;
const LEAST_HEIGHT = 7;

/** The columns and rows of charts on a page, and the number of pages. */
export type Grid = { readonly columns: number; readonly rows: number; readonly pages: number };

export function gridOf(count: number, width: number, height: number): Grid {
  const most = Math.max(1, count);
  const columns = Math.max(1, Math.min(most, Math.floor((width + 2) / (LEAST_WIDTH + 2))));
  const rows = Math.max(1, Math.min(Math.ceil(most / columns), Math.floor(height / LEAST_HEIGHT)));
  return { columns, rows, pages: Math.ceil(most / (columns * rows)) };
}

/** Metrics that come first. */
const FIRST = ['loss', 'learningRate', 'gradientNorm'];

/**
 * The names of the metrics of some runs that match a regular expression: key metrics first, then alphabetically. An invalid
 * expression (such as an incomplete one) is searched literally.
 */
export function metricNames(
  runs: readonly WatchedRun[],
  filter: string,
): { readonly names: readonly string[]; readonly isExpression: boolean } {
  const all = [...new Set(runs.flatMap(({ state }) => Object.keys(state.metrics)))];
  const rank = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const sorted = all.toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b, 'en'));
  const expression = expressionOf(filter);
  const names = sorted.filter((name) => expression?.test(name) ?? name.includes(filter));
  return { names, isExpression: expression !== undefined };
}

function expressionOf(filter: string): RegExp | undefined {
  try {
    return new RegExp(filter, 'i');
  } catch {
    return undefined;
  }
}
