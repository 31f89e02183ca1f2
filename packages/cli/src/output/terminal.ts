import { styleText } from 'node:util';

/** Capabilities of a stream. */
export type Terminal = {
  /** Whether a line may be redrawn. */
  readonly live: boolean;
  readonly colour: boolean;
  /** Current width in characters. */
  width(): number;
};

type Environment = Readonly<Record<string, string | undefined>>;

const USUAL_WIDTH = 80;

/** Detects the capabilities of a stream: `NO_COLOR`, `CI`, a dumb terminal, a pipe or a file get plain lines. */
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

/** Styles the text, if the terminal has colours. */
export function paint(
  { colour }: Pick<Terminal, 'colour'>,
  style: Parameters<typeof styleText>[0],
  text: string,
): string {
  return colour ? styleText(style, text, { validateStream: false }) : text;
}
