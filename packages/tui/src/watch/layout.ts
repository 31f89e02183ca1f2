import type { PaneName } from '../panes/index.ts';

/** Where a pane stands: lines and columns from the upper left corner. */
export type Place = { readonly pane: PaneName; readonly width: number; readonly height: number };

const LEAST_WIDTH = 56;
const LEAST_HEIGHT = 9;
const GAP = 2;

/**
 * The panes that have room, in columns beside each other. Where not all have, those from the focused one on are shown, or the last ones.
 */
export function layout(
  open: readonly PaneName[],
  focused: PaneName | undefined,
  width: number,
  height: number,
): readonly (readonly Place[])[] {
  if (open.length === 0 || width < 1 || height < 2) return [];
  const columns = Math.max(1, Math.min(open.length, Math.floor((width + GAP) / (LEAST_WIDTH + GAP))));
  const rows = Math.max(1, Math.floor(height / LEAST_HEIGHT));
  const capacity = Math.min(open.length, columns * rows);
  const at = focused === undefined ? 0 : Math.max(0, open.indexOf(focused));
  const first = Math.min(at, open.length - capacity);
  const shown = open.slice(first, first + capacity);
  const columnWidth = Math.floor((width - GAP * (columns - 1)) / columns);
  const perColumn = Math.ceil(shown.length / columns);
  return Array.from({ length: columns }, (_, column) => {
    const panes = shown.slice(column * perColumn, (column + 1) * perColumn);
    return panes.map((pane, i) => {
      // What does not divide goes to the first ones.
      const extra = i < height % panes.length ? 1 : 0;
      return { pane, width: columnWidth, height: Math.floor(height / panes.length) + extra };
    });
  }).filter((column) => column.length > 0);
}
