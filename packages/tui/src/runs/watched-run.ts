import type { RunState } from '@rewardedit/core';

/** A run as screens show it. */
export type WatchedRun = {
  /** Run folder. */
  readonly folder: string;
  /** A short name that tells it from those beside it. */
  readonly title: string;
  readonly state: RunState;
};

/** Of several runs, the one that is in front: what cannot be shown of all at once is shown of it. */
export function inFront<T>(runs: readonly T[], front: number): T {
  return runs[front % runs.length];
}
