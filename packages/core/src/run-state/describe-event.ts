import { formatBytes } from '../text/format-bytes.ts';
import { oneLine } from '../text/printable.ts';
import type { LogEntry } from './run-state.ts';

type Describe = {
  readonly [Type in LogEntry['event']['type']]: (event: Extract<LogEntry['event'], { type: Type }>) => string;
};

/** An event as a line for whoever watches. */
const DESCRIPTIONS: Describe = {
  warning: ({ message }) => `Warning: ${message}`,
  log: ({ message }) => message,
  quarantined: ({ id, reason }) => oneLine(`Set aside ${id}: ${reason}`),
  checkpoint: ({ path }) => `Checkpoint: ${path}`,
  sample: ({ path }) => `Sample pictures: ${path}`,
  memory: ({ state, frozen = 0, activations, workspace = 0 }) =>
    `Needs ${formatBytes(state + frozen + activations + workspace)} of memory: ${formatBytes(state)} for weights and moments, ` +
    `${formatBytes(activations)} for what a step computes.`,
  waiting: ({ what, why, until }) => {
    const time = until === undefined ? '' : ` until ${formatTime(until)}`;
    if (why === undefined) return `Waiting for ${what}${time}`;
    return time === '' ? `Waiting for ${what}: ${oneLine(why)}` : `Waiting${time}, because ${oneLine(why)}`;
  },
};

/** A time of day with its date, in the time zone of this machine: "2030-01-31 14:05:09". */
function formatTime(time: string): string {
  return new Date(time).toLocaleString('sv-SE');
}

export function describeEvent(event: LogEntry['event']): string {
  const describe = DESCRIPTIONS[event.type] as (event: LogEntry['event']) => string;
  return describe(event);
}
