import type { ContactSheetRow, Picture } from '@rewardedit/data';

/** Maximum pixels of the longer side of a picture in the grid. */
const LARGEST = 512;
/** Minimum, so that there is room for the caption. */
const SMALLEST = 160;
/** Aspect ratio to wrap a single row to. */
const SCREEN = 16 / 9;
/** From this width on, captions are larger, so that they stay readable when the grid is shrunk to a screen. */
const WIDE = 320;

export type SweptPicture = { readonly label: string; readonly picture: Picture };

/** Arranges the original and all edits of a sweep in one labelled picture, row by row; a single row is wrapped. */
export async function sweepPicture(
  title: string,
  original: Picture,
  rows: readonly (readonly SweptPicture[])[],
): Promise<Picture> {
  const { contactSheet } = await import('@rewardedit/data');
  const cell = async ({ label, picture }: SweptPicture) => ({
    picture: await inGrid(picture),
    caption: label,
  });
  const first = await cell({ label: 'original', picture: original });
  const cells = await Promise.all(rows.map((row) => Promise.all(row.map(cell))));
  const laidOut = rows.length === 1 ? wrapped([first, ...cells[0]]) : withFirst(first, cells);
  return contactSheet(
    laidOut.map((row, i) => ({ cells: row, ...(i === 0 && { title }) })),
    { textScale: first.picture.width < WIDE ? 2 : 3 },
  );
}

type Cells = ContactSheetRow['cells'];

function wrapped(cells: Cells): Cells[] {
  const { width, height } = cells[0].picture;
  const rowsFor = (across: number) => Math.ceil(cells.length / across);
  const distance = (across: number) =>
    Math.abs(Math.log((across * width) / (rowsFor(across) * height) / SCREEN));
  const across = cells.map((_, i) => i + 1).reduce((a, b) => (distance(b) < distance(a) ? b : a));
  return Array.from({ length: Math.ceil(cells.length / across) }, (_, row) =>
    cells.slice(row * across, (row + 1) * across),
  );
}

/** The original gets a row of its own, so that the columns below are those of the sweep. */
function withFirst(first: Cells[number], rows: readonly Cells[]): Cells[] {
  return [[first], ...rows];
}

async function inGrid(picture: Picture): Promise<Picture> {
  const { resizeBicubic } = await import('@rewardedit/metrics');
  const longer = Math.max(picture.width, picture.height);
  const factor = Math.min(Math.max(longer, SMALLEST), LARGEST) / longer;
  const side = (length: number) => Math.max(1, Math.round(length * factor));
  return factor === 1
    ? picture
    : resizeBicubic(picture, { width: side(picture.width), height: side(picture.height) });
}
