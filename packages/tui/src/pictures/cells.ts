import type { Picture, PictureSize } from '@rewardedit/data';

/** The number of colours of a terminal: none, 16, 256, or all. */
export type ColourDepth = 0 | 4 | 8 | 24;

/** The upper half of a character; the lower half has the background colour. */
const UPPER_HALF = '▀';
const RESET = '\u001B[39;49m';
/** From dark to bright, for terminals without colours. */
const SHADES = ' .:-=+*#%@';
/** The colours 0 to 15 of xterm. */
const SIXTEEN: readonly Colour[] = [
  [0, 0, 0],
  [205, 0, 0],
  [0, 205, 0],
  [205, 205, 0],
  [0, 0, 238],
  [205, 0, 205],
  [0, 205, 205],
  [229, 229, 229],
  [127, 127, 127],
  [255, 0, 0],
  [0, 255, 0],
  [255, 255, 0],
  [92, 92, 255],
  [255, 0, 255],
  [0, 255, 255],
  [255, 255, 255],
];

/** The size in pixels that fills a space of characters, two pixels each, without changing proportions. Enlarges by at most sixteen. */
export function pixelsFor({ width, height }: PictureSize, columns: number, rows: number): PictureSize {
  const factor = Math.min(columns / width, (2 * rows) / height, 16);
  const side = (length: number) => Math.max(1, Math.round(length * factor));
  return { width: side(width), height: side(height) };
}

/** Renders a picture as lines of half blocks, one pixel each, in the terminal's colours; without colours, as shades. */
export function pictureLines(picture: Picture, depth: ColourDepth): string[] {
  const lines = Array.from({ length: Math.ceil(picture.height / 2) }, (_, row) => 2 * row);
  return lines.map((y) => (depth === 0 ? shadedLine(picture, y) : colouredLine(picture, y, depth)));
}

function colouredLine(picture: Picture, y: number, depth: ColourDepth): string {
  let [line, last] = ['', ''];
  for (let x = 0; x < picture.width; x++) {
    const upper = colourCode(pixel(picture, x, y), 38, depth);
    const lower = y + 1 < picture.height ? colourCode(pixel(picture, x, y + 1), 48, depth) : '49';
    const colours = `\u001B[${upper};${lower}m`;
    line += (colours === last ? '' : colours) + UPPER_HALF;
    last = colours;
  }
  return line + RESET;
}

function shadedLine(picture: Picture, y: number): string {
  const below = Math.min(y + 1, picture.height - 1);
  return Array.from({ length: picture.width }, (_, x) => {
    const brightness = (luma(pixel(picture, x, y)) + luma(pixel(picture, x, below))) / 2;
    return SHADES[Math.min(SHADES.length - 1, Math.floor((brightness / 256) * SHADES.length))];
  }).join('');
}

type Colour = readonly [red: number, green: number, blue: number];

function pixel({ width, data }: Picture, x: number, y: number): Colour {
  const at = 3 * (y * width + x);
  return [data[at], data[at + 1], data[at + 2]];
}

/** A colour in an SGR sequence; `plane` is 38 for the foreground and 48 for the background. */
function colourCode(colour: Colour, plane: 38 | 48, depth: ColourDepth): string {
  if (depth === 24) return `${plane};2;${colour.join(';')}`;
  if (depth === 8) return `${plane};5;${cubeIndex(colour)}`;
  const index = nearestOfSixteen(colour);
  return String(plane - 8 + (index < 8 ? index : index + 52));
}

/** The nearest colour in the 6 x 6 x 6 cube, which starts at 16. */
function cubeIndex(colour: Colour): number {
  const [red, green, blue] = colour.map((value) =>
    value < 48 ? 0 : value < 115 ? 1 : Math.round((value - 55) / 40),
  );
  return 16 + 36 * red + 6 * green + blue;
}

function nearestOfSixteen(colour: Colour): number {
  const distances = SIXTEEN.map((one) => one.reduce((sum, value, i) => sum + (value - colour[i]) ** 2, 0));
  return distances.indexOf(Math.min(...distances));
}

function luma([red, green, blue]: Colour): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}
