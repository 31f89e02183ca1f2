export type Places = {
  readonly perRow: number;
  /** Room of each picture, the line above it left out. */
  readonly columns: number;
  readonly lines: number;
};

/** Places for some pictures of one size with a line of text above each: so many in a row that they are as large as can be. */
export function placesFor(count: number, width: number, height: number): Places {
  const places = Array.from({ length: count }, (_, i) => {
    const perRow = count - i;
    const columns = Math.max(1, Math.floor((width - perRow + 1) / perRow));
    const lines = Math.max(1, Math.floor(height / Math.ceil(count / perRow)) - 1);
    // A line is as high as two columns are wide.
    return { perRow, columns, lines, side: Math.min(columns, 2 * lines) };
  });
  return places.reduce((best, place) => (place.side > best.side ? place : best));
}
