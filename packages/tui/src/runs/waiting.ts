import type { RunState } from '@rewardedit/core';
import { formatDuration } from '@rewardedit/core/text';

/** What a run waits for, one line each, with the remaining time if known and the reason. */
export function waitingLines({ waiting }: RunState, now: number): string[] {
  return Object.entries(waiting).map(([what, { why, until }]) => {
    const time = until === undefined ? '' : ` for ${formatDuration(Math.max(0, (until - now) / 1000))}`;
    return `Waiting for ${what}${time}${why === undefined ? '' : `: ${why}`}`;
  });
}
