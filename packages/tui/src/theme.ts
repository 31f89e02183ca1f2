/** Colours by meaning: names of the sixteen standard colours, so that the terminal's palette is respected. */
export const THEME = {
  accent: 'cyan',
  good: 'green',
  warning: 'yellow',
  bad: 'red',
  key: 'cyan',
  frame: 'gray',
  focus: 'cyan',
  /** The colours of curves, in order. */
  series: ['cyan', 'magenta', 'yellow', 'green', 'blue', 'red'],
} as const;

/** The colour of a run's status. */
export const STATUS_COLOURS: Readonly<Record<string, string>> = {
  running: THEME.accent,
  done: THEME.good,
  partial: THEME.warning,
  pending: THEME.warning,
  interrupted: THEME.warning,
  silent: THEME.warning,
  failed: THEME.bad,
};

/** The colour of curve `i`. */
export function seriesColour(i: number): string {
  return THEME.series[i % THEME.series.length];
}
