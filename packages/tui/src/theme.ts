/** What things look like. Names of the sixteen colours that every terminal has, so that its own palette is respected. */
export const THEME = {
  accent: 'cyan',
  good: 'green',
  warning: 'yellow',
  bad: 'red',
  key: 'cyan',
  frame: 'gray',
  focus: 'cyan',
  /** Of curves, one after another. */
  series: ['cyan', 'magenta', 'yellow', 'green', 'blue', 'red'],
} as const;

/** How a run that is in this state is coloured. */
export const STATUS_COLOURS: Readonly<Record<string, string>> = {
  running: THEME.accent,
  done: THEME.good,
  partial: THEME.warning,
  pending: THEME.warning,
  interrupted: THEME.warning,
  silent: THEME.warning,
  failed: THEME.bad,
};

/** The colour of the curve number `i`. */
export function seriesColour(i: number): string {
  return THEME.series[i % THEME.series.length];
}
