import { styleText } from 'node:util';

/** What a stream can show. */
export type Terminal = {
  /** Whether a line may be drawn over, again and again. */
  readonly live: boolean;
  readonly colour: boolean;
  /** Characters a line, at this moment. */
  width(): number;
};

type Environment = Readonly<Record<string, string | undefined>>;

const USUAL_WIDTH = 80;

/** Finds out what a stream can show: `NO_COLOR`, `CI`, a dumb terminal, a pipe or a file get plain lines. */
export function terminalOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  environment: Environment = process.env,
): Terminal {
  const capable = stream.isTTY === true && environment['TERM'] !== 'dumb';
  const colour = capable && !isSet(environment['NO_COLOR']);
  return {
    colour,
    live: colour && !isSet(environment['CI']),
    width: () => stream.columns ?? USUAL_WIDTH,
  };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== 'false';
}

/**
 * The text with its control characters spelt out, but for line breaks: ids, file names and instructions are other people's,
 * and must not move the cursor, change colours or turn the direction of what stands around them.
 */
export function printable(text: string): string {
  return text.replace(
    // Those of ASCII, and those of Latin-1, which begin commands too.
    /(?!\n)[\p{Cc}\p{Bidi_Control}]/gu,
    (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );
}

/** The same on one line: what somebody else wrote must not look like a message of ours, nor like a command of a CI service. */
export function oneLine(text: string): string {
  return printable(text).replaceAll('\n', '\\n');
}

/** The text in a style, where the terminal has colours. */
export function paint(
  { colour }: Pick<Terminal, 'colour'>,
  style: Parameters<typeof styleText>[0],
  text: string,
): string {
  return colour ? styleText(style, text, { validateStream: false }) : text;
}
