import stringWidth from 'string-width';
import { oneLine } from '@rewardedit/core/text';

const ELLIPSIS = '…';
const segmenter = new Intl.Segmenter();

/** The width of a text in columns. */
export function columnsOf(text: string): number {
  return stringWidth(text);
}

/** Fits a text on one line of at most `width` columns: control characters are spelt out, the rest is truncated. */
export function fit(text: string, width: number): string {
  const safe = oneLine(text);
  if (width <= 0) return '';
  if (stringWidth(safe) <= width) return safe;
  let [kept, taken] = ['', 0];
  for (const { segment } of segmenter.segment(safe)) {
    taken += stringWidth(segment);
    if (taken > width - 1) break;
    kept += segment;
  }
  return kept + ELLIPSIS;
}

/** The same, padded to exactly this width. */
export function pad(text: string, width: number): string {
  const fitted = fit(text, width);
  return fitted + ' '.repeat(Math.max(0, width - stringWidth(fitted)));
}

/** The same, right-aligned. */
export function padLeft(text: string, width: number): string {
  const fitted = fit(text, width);
  return ' '.repeat(Math.max(0, width - stringWidth(fitted))) + fitted;
}

/** Truncates a text at its beginning, for paths. */
export function fitEnd(text: string, width: number): string {
  const segments = Array.from(segmenter.segment(oneLine(text)), ({ segment }) => segment);
  if (stringWidth(segments.join('')) <= width) return segments.join('');
  let [kept, taken] = ['', 0];
  for (const segment of segments.toReversed()) {
    taken += stringWidth(segment);
    if (taken > width - 1) break;
    kept = segment + kept;
  }
  return width <= 0 ? '' : ELLIPSIS + kept;
}

/** Wraps a text at spaces into lines of at most this width, up to a number of lines. */
export function wrap(text: string, width: number, most: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of oneLine(text).split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (stringWidth(longer) <= width || line === '') line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  lines.push(line);
  const kept = lines.slice(0, most).map((each) => fit(each, width));
  if (lines.length > most && kept.length > 0) kept[most - 1] = fit(`${lines[most - 1]} ${ELLIPSIS}`, width);
  return kept;
}
