import { CHARACTER_WIDTH, LINE_HEIGHT, drawText, wrapText } from './bitmap-font.ts';
import { blankPicture, type Picture } from './picture.ts';

/** One row of a contact sheet: its pictures, its title, and a caption for each picture. */
export type ContactSheetRow = {
  readonly title?: string;
  readonly cells: readonly { readonly picture: Picture; readonly caption?: string }[];
};

const MARGIN = 8;
const TEXT_SCALE = 2;
const PAPER = [255, 255, 255];
const INK = 0;

/** Enlarges the picture by a whole `factor`, repeating each pixel. */
export function enlargePicture(picture: Picture, factor: number): Picture {
  const enlarged = blankPicture(picture.width * factor, picture.height * factor);
  for (let y = 0; y < enlarged.height; y++) {
    for (let x = 0; x < enlarged.width; x++) {
      const from = (Math.floor(y / factor) * picture.width + Math.floor(x / factor)) * 3;
      const to = (y * enlarged.width + x) * 3;
      enlarged.data[to] = picture.data[from];
      enlarged.data[to + 1] = picture.data[from + 1];
      enlarged.data[to + 2] = picture.data[from + 2];
    }
  }
  return enlarged;
}

function paste(onto: Picture, picture: Picture, left: number, top: number): void {
  for (let y = 0; y < picture.height; y++) {
    const row = picture.data.subarray(y * picture.width * 3, (y + 1) * picture.width * 3);
    onto.data.set(row, ((top + y) * onto.width + left) * 3);
  }
}

/**
 * Lays out rows of pictures on white: a title above each row, each picture enlarged `enlarge` times (nearest neighbour, so that every pixel
 * stays visible) with its caption below. Text is wrapped; a font pixel is `textScale` pixels wide.
 */
export function contactSheet(
  rows: readonly ContactSheetRow[],
  { enlarge = 1, textScale = TEXT_SCALE }: { readonly enlarge?: number; readonly textScale?: number } = {},
): Picture {
  const columns = Math.max(1, ...rows.map((row) => row.cells.length));
  const cellWidth =
    enlarge * Math.max(1, ...rows.flatMap((row) => row.cells.map((cell) => cell.picture.width)));
  const width = MARGIN + columns * (cellWidth + MARGIN);
  const lineHeight = LINE_HEIGHT * textScale;
  const room = (pixels: number) => Math.max(1, Math.floor(pixels / (CHARACTER_WIDTH * textScale)));

  const laidOut = rows.map((row) => {
    const title = wrapText(row.title ?? '', room(width - 2 * MARGIN));
    const captions = row.cells.map((cell) => wrapText(cell.caption ?? '', room(cellWidth)));
    const pictureHeight = enlarge * Math.max(0, ...row.cells.map((cell) => cell.picture.height));
    const captionLines = Math.max(0, ...captions.map((lines) => lines.length));
    const gap = captionLines > 0 ? MARGIN / 2 : 0;
    const height = (title.length + captionLines) * lineHeight + pictureHeight + gap + MARGIN;
    return {
      cells: row.cells,
      title,
      captions,
      captionTop: title.length * lineHeight + pictureHeight + gap,
      height,
    };
  });

  const sheet = blankPicture(width, MARGIN + laidOut.reduce((sum, row) => sum + row.height, 0), PAPER);
  const write = (lines: readonly string[], left: number, top: number) => {
    for (const [i, line] of lines.entries())
      drawText(sheet, line, left, top + i * lineHeight, textScale, INK);
  };
  let top = MARGIN;
  for (const row of laidOut) {
    write(row.title, MARGIN, top);
    for (const [column, cell] of row.cells.entries()) {
      const left = MARGIN + column * (cellWidth + MARGIN);
      paste(sheet, enlargePicture(cell.picture, enlarge), left, top + row.title.length * lineHeight);
      write(row.captions[column], left, top + row.captionTop);
    }
    top += row.height;
  }
  return sheet;
}
