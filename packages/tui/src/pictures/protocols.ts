import { image2sixel } from 'sixel';
import { encodePng, type Picture } from '@rewardedit/data';

/** A protocol for pictures at full resolution. */
export type PictureProtocol = 'kitty' | 'sixel';

/** Kitty's limit for one chunk. */
const CHUNK = 4096;

/** The escape sequences that draw a picture at the cursor, in the given columns and rows (Kitty's terminal graphics protocol). */
export function kittyPicture(picture: Picture, columns: number, rows: number): string {
  const data = Buffer.from(encodePng(picture)).toString('base64');
  let commands = '';
  for (let at = 0; at < data.length; at += CHUNK) {
    const more = at + CHUNK < data.length ? 1 : 0;
    // Transmit and show a PNG, without responses, which would be read as keys.
    const head = at === 0 ? `a=T,f=100,q=2,c=${columns},r=${rows},m=${more}` : `m=${more}`;
    commands += `\u001B_G${head};${data.slice(at, at + CHUNK)}\u001B\\`;
  }
  return commands;
}

/** Deletes all pictures drawn by Kitty's protocol. */
export const KITTY_CLEAR = '\u001B_Ga=d,d=A,q=2\u001B\\';

/** The same as sixels: bands of six pixels, in up to 256 colours. */
export function sixelPicture({ width, height, data }: Picture): string {
  const pixels = new Uint8Array(4 * width * height).fill(255);
  for (let i = 0; i < width * height; i++) pixels.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
  return image2sixel(pixels, width, height, 256, 1);
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The protocol that a terminal supports, by its name. None in tmux and screen, which do not pass pictures on by default. */
export function knownProtocol(environment: Environment = process.env): PictureProtocol | undefined {
  const { TERM = '', TERM_PROGRAM = '', KITTY_WINDOW_ID, TMUX, STY } = environment;
  if (TMUX !== undefined || STY !== undefined) return undefined;
  const isKitty =
    KITTY_WINDOW_ID !== undefined || /kitty|ghostty/.test(TERM) || /^(ghostty|WezTerm)$/.test(TERM_PROGRAM);
  if (isKitty) return 'kitty';
  return /mlterm|yaft|foot|sixel/.test(TERM) || /^(iTerm\.app|mintty)$/.test(TERM_PROGRAM)
    ? 'sixel'
    : undefined;
}
