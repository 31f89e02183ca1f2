import type { Picture } from './picture.ts';

/** A glyph is 5 pixels wide and 7 high; with the gaps, a character takes 6 x 9 pixels. */
export const CHARACTER_WIDTH = 6;
export const LINE_HEIGHT = 9;

// One base-32 digit per row of pixels, top first; the highest of its five bits is the leftmost pixel.
// The formatter would make it ninety lines long.
// prettier-ignore
const GLYPHS: Readonly<Record<string, string>> = {
  ' ': '0000000', '!': '4444004', '"': 'aaa0000', '#': 'aavavaa', $: '4fke5u4', '%': 'op248j3', '&': 'cik8lid',
  "'": 'c480000', '(': '2488842', ')': '8422248', '*': '04lel40', '+': '044v440', ',': '0000c48', '-': '000v000',
  '.': '00000cc', '/': '01248g0', ':': '0cc0cc0', ';': '0cc0c48', '<': '248g842', '=': '00v0v00', '>': '8421248',
  '?': 'eh12404', '@': 'eh1dlle', '[': 'e88888e', '\\': '0g84210', ']': 'e22222e', '^': '4ah0000', _: '000000v',
  '`': '8420000', '{': '2448442', '|': '4444444', '}': '8442448', '~': '008l200',
  0: 'ehjlphe', 1: '4c4444e', 2: 'eh1248v', 3: 'v2421he', 4: '26aiv22', 5: 'vgu11he', 6: '68guhhe', 7: 'v124888',
  8: 'ehhehhe', 9: 'ehhf12c',
  A: 'ehhvhhh', B: 'uhhuhhu', C: 'ehggghe', D: 'uhhhhhu', E: 'vgguggv', F: 'vgguggg', G: 'ehgnhhf', H: 'hhhvhhh',
  I: 'e44444e', J: '72222ic', K: 'hikokih', L: 'ggggggv', M: 'hrllhhh', N: 'hhpljhh', O: 'ehhhhhe', P: 'uhhuggg',
  Q: 'ehhhlid', R: 'uhhukih', S: 'fgge11u', T: 'v444444', U: 'hhhhhhe', V: 'hhhhha4', W: 'hhhllla', X: 'hha4ahh',
  Y: 'hha4444', Z: 'v1248gv',
  a: '00e1fhf', b: 'ggmphhu', c: '00egghe', d: '11djhhf', e: '00ehvge', f: '698s888', g: '0fhhf1e', h: 'ggmphhh',
  i: '40c444e', j: '20622ic', k: 'ggikoki', l: 'c44444e', m: '00qllhh', n: '00mphhh', o: '00ehhhe', p: '00uhugg',
  q: '00djf11', r: '00mpggg', s: '00ege1u', t: '88s8896', u: '00hhhjd', v: '00hhha4', w: '00hhlla', x: '00ha4ah',
  y: '00hhf1e', z: '00v248v',
};
const UNKNOWN = 'vhhhhhv';

/** Wraps text into lines of at most `columns` characters, at spaces if there are any. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(/\s+/).filter(Boolean)) {
    if (line !== '' && line.length + 1 + word.length <= columns) {
      line = `${line} ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    for (; word.length > columns; word = word.slice(columns)) lines.push(word.slice(0, columns));
    line = word;
  }
  if (line !== '') lines.push(line);
  return lines;
}

/**
 * Draws one line of text into the picture with its top left corner at (left, top), each font pixel `scale` pixels wide. ASCII only: any other
 * character is drawn as an empty box. Text outside the picture is cut off.
 *
 * The font is our own, because a machine without font files would draw no text at all.
 */
export function drawText(
  picture: Picture,
  text: string,
  left: number,
  top: number,
  scale: number,
  grey: number,
): void {
  for (const [position, character] of Array.from(text).entries()) {
    const glyph = GLYPHS[character] ?? UNKNOWN;
    for (let row = 0; row < 7 * scale; row++) {
      const bits = Number.parseInt(glyph[Math.floor(row / scale)], 32);
      for (let column = 0; column < 5 * scale; column++) {
        const x = left + position * CHARACTER_WIDTH * scale + column;
        const y = top + row;
        const inside = x >= 0 && y >= 0 && x < picture.width && y < picture.height;
        if (inside && (bits >> (4 - Math.floor(column / scale))) & 1) {
          picture.data.fill(grey, (y * picture.width + x) * 3, (y * picture.width + x) * 3 + 3);
        }
      }
    }
  }
}
