/** The style of a character, with CSS colours, undefined for the terminal's own. */
export type Style = {
  readonly foreground?: string;
  readonly background?: string;
  readonly isBold: boolean;
  readonly isDim: boolean;
  readonly isInverse: boolean;
};

/** A character, and its width in columns. */
export type Cell = { readonly text: string; readonly columns: number; readonly style: Style };

const PLAIN: Style = { isBold: false, isDim: false, isInverse: false };
/** The sixteen colours on a dark background. */
const PALETTE =
  '#1e2127 #e06c75 #98c379 #e5c07b #61afef #c678dd #56b6c2 #c8ccd4 #7f848e #f0818a #aad58b #f5d08b #7fc4ff #d98ff0 #6fd0dc #ffffff'.split(
    ' ',
  );

const segmenter = new Intl.Segmenter();

/**
 * Parses lines with colour sequences (SGR, ECMA-48 8.3.117) into characters with their styles, which continue
 * across lines.
 */
export function parseFrame(frame: string, widthOf: (text: string) => number): Cell[][] {
  let style = PLAIN;
  return frame.split('\n').map((line) => {
    const cells: Cell[] = [];
    // Alternately the text between two sequences, and the sequence's numbers.
    for (const [i, part] of line.split('\u001B[').entries()) {
      const end = i === 0 ? -1 : part.indexOf('m');
      if (end >= 0) style = styled(style, part.slice(0, end).split(';').map(Number));
      for (const { segment } of segmenter.segment(part.slice(end + 1)))
        cells.push({ text: segment, columns: widthOf(segment), style });
    }
    return cells;
  });
}

function styled(before: Style, codes: readonly number[]): Style {
  let style = before;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if ((code === 38 || code === 48) && codes[i + 1] === 2) {
      const colour = `#${Buffer.from(codes.slice(i + 2, i + 5)).toString('hex')}`;
      style = { ...style, [code === 38 ? 'foreground' : 'background']: colour };
      i += 4;
    } else style = simple(style, code);
  }
  return style;
}

function simple({ foreground, background, ...style }: Style, code: number): Style {
  const colours = {
    ...(foreground !== undefined && { foreground }),
    ...(background !== undefined && { background }),
  };
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, ...colours, isBold: true };
  if (code === 2) return { ...style, ...colours, isDim: true };
  if (code === 7) return { ...style, ...colours, isInverse: true };
  if (code === 22) return { ...style, ...colours, isBold: false, isDim: false };
  if (code === 27) return { ...style, ...colours, isInverse: false };
  if (code === 39) return { ...style, ...(background !== undefined && { background }) };
  if (code === 49) return { ...style, ...(foreground !== undefined && { foreground }) };
  if (code >= 30 && code <= 37) return { ...style, ...colours, foreground: PALETTE[code - 30] };
  if (code >= 90 && code <= 97) return { ...style, ...colours, foreground: PALETTE[code - 82] };
  if (code >= 40 && code <= 47) return { ...style, ...colours, background: PALETTE[code - 40] };
  return { ...style, ...colours };
}
