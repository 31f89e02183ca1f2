import type { ColourDepth } from './cells.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const DEPTHS: readonly ColourDepth[] = [0, 4, 8, 24];

/** Detects the number of colours of a terminal: none if `NO_COLOR` is set or it is dumb. `FORCE_COLOR` (0 to 3) overrides detection. */
export function colourDepth(environment: Environment = process.env): ColourDepth {
  const { NO_COLOR = '', FORCE_COLOR = '', TERM = '', COLORTERM = '' } = environment;
  if (NO_COLOR !== '' || TERM === 'dumb') return 0;
  if (/^[0-3]$/.test(FORCE_COLOR)) return DEPTHS[Number(FORCE_COLOR)];
  if (/truecolor|24bit/i.test(COLORTERM) || /kitty|ghostty|direct/.test(TERM)) return 24;
  return TERM.includes('256') ? 8 : 4;
}
