import { PANES, type PaneName } from '../panes/index.ts';
import type { Pane } from '../panes/pane.ts';

/** The position of a pane: lines and columns from the upper left corner. */
export type Place = { readonly pane: PaneName; readonly width: number; readonly height: number };

const LEAST_WIDTH = 56;
const GAP = 2;

/**
 * Arranges the panes that fit in columns. If not all fit, shows those from the focused one on, and then as many before it as fit.
 * Remaining lines go to panes that can use them.
 */
export function layout(
  open: readonly PaneName[],
  focused: PaneName | undefined,
  width: number,
  height: number,
): readonly (readonly Place[])[] {
  if (open.length === 0 || width < 1 || height < 2) return [];
  const most = Math.max(1, Math.floor((width + GAP) / (LEAST_WIDTH + GAP)));
  const fits = (panes: readonly PaneName[]) =>
    inColumns(panes, most).every((column) => sum(column.map((pane) => PANES[pane].least)) <= height);
  let first = focused === undefined ? 0 : Math.max(0, open.indexOf(focused));
  let end = first + 1;
  while (end < open.length && fits(open.slice(first, end + 1))) end += 1;
  while (first > 0 && fits(open.slice(first - 1, end))) first -= 1;
  const columns = inColumns(open.slice(first, end), most);
  const columnWidth = Math.floor((width - GAP * (columns.length - 1)) / columns.length);
  return columns.map((column) => {
    const heights = heightsOf(
      column.map((pane) => PANES[pane]),
      height,
    );
    return column.map((pane, i) => ({ pane, width: columnWidth, height: heights[i] }));
  });
}

function inColumns(panes: readonly PaneName[], most: number): PaneName[][] {
  const perColumn = Math.ceil(panes.length / Math.min(most, panes.length));
  return Array.from({ length: Math.ceil(panes.length / perColumn) }, (_, column) =>
    panes.slice(column * perColumn, (column + 1) * perColumn),
  );
}

/** The lines of each pane in a column: its minimum, plus its share of the rest up to its maximum. */
function heightsOf(panes: readonly Pane[], height: number): number[] {
  const heights = panes.map(({ least }) => Math.min(least, height));
  const canGrow = (i: number) => heights[i] < (panes[i].most ?? Infinity);
  for (let left = height - sum(heights); left > 0; left--) {
    const growing = panes.map((_, i) => i).filter(canGrow);
    // The pane with the fewest lines; if none can use more, the last one.
    const next = growing.toSorted((a, b) => heights[a] - heights[b])[0] ?? panes.length - 1;
    heights[next] += 1;
  }
  return heights;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
