import { formatBytes } from '../text/format-bytes.ts';
import { oneLine } from '../text/printable.ts';
import type { LogEntry } from './run-state.ts';

type Describe = {
  readonly [Type in LogEntry['event']['type']]: (event: Extract<LogEntry['event'], { type: Type }>) => string;
};

/** Descriptions of events for people who watch a run. */
const DESCRIPTIONS: Describe = {
  warning: ({ message }) => `Warning: ${message}`,
  log: ({ message }) => message,
  quarantined: ({ id, reason }) => oneLine(`Set aside ${id}: ${reason}`),
  checkpoint: ({ path }) => `Checkpoint: ${path}`,
  sample: ({ path }) => `Sample pictures: ${path}`,
  memory: ({ state, frozen = 0, activations, workspace = 0 }) =>
    `Needs ${formatBytes(state + frozen + activations + workspace)} of memory: ${formatBytes(state)} for weights and moments, ` +
    `${formatBytes(activations)} for activations.`,
  waiting: ({ what, why, until }) => {
    const time = until === undefined ? '' : ` until ${formatTime(until)}`;
    if (why === undefined) return `Waiting for ${what}${time}`;
    return time === '' ? `Waiting for ${what}: ${oneLine(why)}` : `Waiting${time}, because ${oneLine(why)}`;
  },
};

/** Formats a time with its date in the local time zone: "2030-01-31 14:05:09". */
function formatTime(time: string): string {
  return new Date(time).toLocaleString('sv-SE');
}

export function describeEvent(event: LogEntry['event']): string {
  const describe = DESCRIPTIONS[event.type] as (event: LogEntry['event']) => string;
  return describe(event);
}
