import { formatDuration } from '@rewardedit/core/text';

/** Progress of some work. */
export type ProgressState = {
  /** The phase, such as "Training". */
  readonly label: string;
  /** What is counted, such as "steps". */
  readonly unit: string;
  readonly done: number;
  /** Absent if unknown. */
  readonly total?: number | undefined;
  /** Recent units per second; absent while unknown. */
  readonly rate?: number | undefined;
  /** Additional text, such as the loss. */
  readonly detail?: string | undefined;
};

const WIDEST_BAR = 30;
const NARROWEST_BAR = 8;
const FULL = '━';
const EMPTY = '─';
const GAP = '  ';

/**
 * Formats a line of at most `width` characters: label, bar, percentage, count, rate, time left, detail. If there is not enough room, the
 * bar is shortened; then the detail, the bar, and the rate with the time left are dropped, in this order.
 */
export function formatProgress(state: ProgressState, width: number, paintBar = plainBar): string {
  const { label, detail = '', rate } = state;
  const left = `${label}${GAP}`;
  const isOpen = state.total === undefined;
  const count = isOpen ? formatCount(state) : [percentage(state), formatCount(state)].join(GAP);
  const pace = [formatRate(rate), formatTimeLeft(state)].filter((part) => part !== '').join(GAP);
  const line = (...parts: string[]) => parts.filter((part) => part !== '').join(GAP);
  for (const [right, barred] of [
    [line(count, pace, detail), !isOpen],
    [line(count, pace), !isOpen],
    [line(count, pace), false],
    [count, false],
  ] as const) {
    const room = width - left.length - right.length - (barred ? GAP.length : 0);
    if (room < (barred ? NARROWEST_BAR : 0)) continue;
    if (!barred) return `${left}${right}`;
    const full = Math.round(Math.min(room, WIDEST_BAR) * shareOf(state));
    const empty = Math.min(room, WIDEST_BAR) - full;
    return `${left}${paintBar(FULL.repeat(full), EMPTY.repeat(empty))}${GAP}${right}`;
  }
  return count.trimStart().slice(0, Math.max(0, width));
}

function plainBar(full: string, empty: string): string {
  return full + empty;
}

/** Formats progress for a log: `Training: 120/2000 steps (6%), 3.1/s, 10:06 left, loss 0.031`. */
export function formatProgressLine(state: ProgressState): string {
  const { label, done, detail, rate } = state;
  const share = done > 0 && state.total !== undefined ? ` (${percentage(state).trim()})` : '';
  const left = formatTimeLeft(state).replace('ETA ', '');
  const parts = [formatRate(rate), left === '' ? '' : `${left} left`, detail ?? ''];
  return [`${label}: ${formatCount(state)}${share}`, ...parts.filter((part) => part !== '')].join(', ');
}

function shareOf({ done, total = 0 }: ProgressState): number {
  return total === 0 ? 1 : Math.min(1, done / total);
}

/** Rounded down, so that 100% means complete. */
function percentage(state: ProgressState): string {
  return `${Math.floor(100 * shareOf(state))}%`.padStart(4);
}

function formatCount({ done, total, unit }: ProgressState): string {
  return total === undefined ? `${done} ${unit}` : `${done}/${total} ${unit}`;
}

function formatRate(rate: number | undefined): string {
  if (rate === undefined || rate <= 0) return '';
  if (rate < 0.5) return `${toThreeDigits(1 / rate)} s each`;
  return `${toThreeDigits(rate)}/s`;
}

function toThreeDigits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(2);
}

function formatTimeLeft({ done, total, rate }: ProgressState): string {
  if (rate === undefined || rate <= 0 || total === undefined || done >= total) return '';
  return `ETA ${formatDuration((total - done) / rate)}`;
}
