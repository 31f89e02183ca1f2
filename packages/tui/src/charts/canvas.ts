/** The bits of a braille character, by column and row (Unicode 10.0, section 21.1). */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
const BLANK = 0x2800;

/** A grid of characters of two by four dots each. A character has the colour of the last curve drawn in it. */
export type Canvas = {
  readonly width: number;
  readonly height: number;
  /** The dots of each character, row by row. */
  readonly dots: Uint8Array;
  /** The curve of each character plus one; 0 for none. */
  readonly owners: Uint8Array;
};

export function createCanvas(width: number, height: number): Canvas {
  return { width, height, dots: new Uint8Array(width * height), owners: new Uint8Array(width * height) };
}

/** Sets the dot at a column and row; ignores one outside of the grid. */
export function setDot(canvas: Canvas, x: number, y: number, curve: number): void {
  const [column, row] = [x >> 1, y >> 2];
  if (x < 0 || y < 0 || column >= canvas.width || row >= canvas.height) return;
  const at = row * canvas.width + column;
  canvas.dots[at] |= DOTS[x & 1][y & 3];
  canvas.owners[at] = curve + 1;
}

/** Draws a straight line between two dots (Bresenham). */
export function drawLine(canvas: Canvas, [x0, y0]: Dot, [x1, y1]: Dot, curve: number): void {
  const [dx, dy] = [Math.abs(x1 - x0), -Math.abs(y1 - y0)];
  const [sx, sy] = [x0 < x1 ? 1 : -1, y0 < y1 ? 1 : -1];
  let [x, y, error] = [x0, y0, dx + dy];
  for (;;) {
    setDot(canvas, x, y, curve);
    if (x === x1 && y === y1) return;
    const twice = 2 * error;
    if (twice >= dy) [x, error] = [x + sx, error + dy];
    if (twice <= dx) [y, error] = [y + sy, error + dx];
  }
}

export type Dot = readonly [x: number, y: number];

/** A part of a row in one colour. */
export type Span = { readonly text: string; readonly curve: number | undefined };

/** The rows of the canvas as characters, with adjacent ones of one curve combined. */
export function canvasRows({ width, height, dots, owners }: Canvas): Span[][] {
  return Array.from({ length: height }, (_, row) => {
    const spans: { text: string; curve: number | undefined }[] = [];
    for (let at = row * width; at < (row + 1) * width; at++) {
      const character = dots[at] === 0 ? ' ' : String.fromCodePoint(BLANK + dots[at]);
      const curve = owners[at] === 0 ? undefined : owners[at] - 1;
      const last = spans.at(-1);
      if (last !== undefined && last.curve === curve) last.text += character;
      else spans.push({ text: character, curve });
    }
    return spans;
  });
}
