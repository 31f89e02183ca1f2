import { parseFrame, type Cell, type Style } from './ansi.ts';

const CELL = { width: 8, height: 17 } as const;
const MARGIN = 12;
const GROUND = '#1e2127';
const TEXT = '#c8ccd4';
const UPPER_HALF = '▀';
/** The last frame is shown for longer. */
const LAST_SECONDS = 3;

export type SvgOptions = {
  readonly columns: number;
  readonly rows: number;
  /** The label for screen readers. */
  readonly title: string;
  readonly secondsAFrame: number;
  readonly widthOf: (text: string) => number;
};

/** Renders the frames of a terminal as one SVG, animated by CSS if there are several. */
export function toSvg(
  frames: readonly string[],
  { columns, rows: lines, title, secondsAFrame, widthOf }: SvgOptions,
): string {
  const [width, height] = [columns * CELL.width + 2 * MARGIN, lines * CELL.height + 2 * MARGIN];
  const total = (frames.length - 1) * secondsAFrame + LAST_SECONDS;
  const percent = (seconds: number) => ((100 * seconds) / total).toFixed(3);
  const style = frames.map((_, i) => {
    if (frames.length === 1) return '';
    const [from, to] = [
      percent(i * secondsAFrame),
      percent(i === frames.length - 1 ? total : (i + 1) * secondsAFrame),
    ];
    const before = i === 0 ? '' : `0%{visibility:hidden}`;
    const after = i === frames.length - 1 ? '' : `${to}%{visibility:hidden}100%{visibility:hidden}`;
    return (
      `@keyframes f${i}{${before}${from}%{visibility:visible}${after}}` +
      `#f${i}{visibility:hidden;animation:f${i} ${total}s step-end infinite}`
    );
  });
  const rows = shareRows(frames.map((frame) => drawFrame(frame, widthOf)));
  const groups = rows.frames.map((drawn, i) => `<g id="f${i}">${drawn}</g>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" xml:space="preserve" aria-label="${escaped(title)}">`,
    `<style>text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;fill:${TEXT}}rect,path{shape-rendering:crispEdges}.b{font-weight:bold}.d{opacity:.6}${style.join('')}</style>`,
    ...(rows.shared === '' ? [] : [`<defs>${rows.shared}</defs>`]),
    `<rect width="${width}" height="${height}" rx="8" fill="${GROUND}"/>`,
    `<g transform="translate(${MARGIN} ${MARGIN})">${groups.join('\n')}</g>`,
    '</svg>\n',
  ].join('\n');
}

function drawFrame(frame: string, widthOf: (text: string) => number): string[] {
  return parseFrame(frame, widthOf).map((cells, row) => drawRow(cells, row * CELL.height));
}

/** Most rows equal those of the previous frame, so shared rows are drawn once and referenced. */
function shareRows(frames: readonly (readonly string[])[]) {
  const counts = new Map<string, number>();
  for (const row of frames.flat()) counts.set(row, (counts.get(row) ?? 0) + 1);
  const shared = [...counts].filter(([row, count]) => count > 1 && row !== '').map(([row]) => row);
  const ids = new Map(shared.map((row, i) => [row, `r${i}`]));
  return {
    shared: shared.map((row) => `<g id="${ids.get(row)}">${row}</g>`).join(''),
    frames: frames.map((rows) =>
      rows.map((row) => (ids.has(row) ? `<use href="#${ids.get(row)}"/>` : row)).join(''),
    ),
  };
}

type Part = {
  readonly style: Style;
  text: string;
  readonly column: number;
  columns: number;
  readonly kind: Kind;
};

/** In some viewers blocks and lines come from other fonts than letters, with other widths. */
type Kind = 'pixel' | 'drawing' | 'text';

function kindOf(text: string): Kind {
  if (text === UPPER_HALF) return 'pixel';
  return /^[\u2500-\u28FF]/.test(text) ? 'drawing' : 'text';
}

function drawRow(cells: readonly Cell[], y: number): string {
  const parts: Part[] = [];
  let column = 0;
  for (const { text, columns, style } of cells) {
    const last = parts.at(-1);
    const kind = kindOf(text);
    if (last !== undefined && last.kind === kind && isSame(last.style, style)) {
      last.text += text;
      last.columns += columns;
    } else parts.push({ text, column, columns, style, kind });
    column += columns;
  }
  return parts.map((part) => (part.kind === 'pixel' ? drawPixels(part, y) : drawText(part, y))).join('');
}

/** Draws half blocks as rectangles, because fonts leave gaps between them. */
function drawPixels({ column, columns, style }: Part, y: number): string {
  const [x, width, half] = [column * CELL.width, columns * CELL.width, CELL.height / 2];
  // Shorter than a rectangle: there are thousands of them.
  const box = (top: number, fill: string) =>
    `<path fill="${fill}" d="M${x} ${top}h${width}v${half}h-${width}z"/>`;
  const { foreground = TEXT, background } = style;
  return box(y, foreground) + (background === undefined ? '' : box(y + half, background));
}

function drawText({ text, column, columns, style }: Part, y: number): string {
  const { foreground = TEXT, background, isInverse } = style;
  const [ink, ground] = isInverse ? [background ?? GROUND, foreground] : [foreground, background];
  const [x, width] = [column * CELL.width, columns * CELL.width];
  const behind =
    ground === undefined
      ? ''
      : `<rect x="${x}" y="${y}" width="${width}" height="${CELL.height}" fill="${ground}"/>`;
  if (text.trim() === '') return behind;
  const classes = [style.isBold ? 'b' : '', style.isDim ? 'd' : ''].filter((name) => name !== '').join(' ');
  const attributes = `${classes === '' ? '' : ` class="${classes}"`}${ink === TEXT ? '' : ` style="fill:${ink}"`}`;
  return `${behind}<text x="${x}" y="${y + 13}" textLength="${width}" lengthAdjust="spacingAndGlyphs"${attributes}>${escaped(text)}</text>`;
}

function isSame(a: Style, b: Style): boolean {
  return (
    a.foreground === b.foreground &&
    a.background === b.background &&
    a.isBold === b.isBold &&
    a.isDim === b.isDim &&
    a.isInverse === b.isInverse
  );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
