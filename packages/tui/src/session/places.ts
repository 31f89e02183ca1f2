export type Places = {
  readonly perRow: number;
  /** The space of each picture, without the line above it. */
  readonly columns: number;
  readonly lines: number;
};

/** Arranges pictures of one size, with a line of text above each, in rows that make them as large as possible. */
export function placesFor(count: number, width: number, height: number): Places {
  const places = Array.from({ length: count }, (_, i) => {
    const perRow = count - i;
    const columns = Math.max(1, Math.floor((width - perRow + 1) / perRow));
    const lines = Math.max(1, Math.floor(height / Math.ceil(count / perRow)) - 1);
    // A line is about as high as two columns are wide.
    return { perRow, columns, lines, side: Math.min(columns, 2 * lines) };
  });
  return places.reduce((best, place) => (place.side > best.side ? place : best));
}
