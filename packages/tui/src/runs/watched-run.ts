import type { RunState } from '@rewardedit/core';

/** A run shown on screens. */
export type WatchedRun = {
  /** Run folder. */
  readonly folder: string;
  /** A short name that distinguishes it from the others. */
  readonly title: string;
  readonly state: RunState;
};

/** The run in front: panes for a single run show it. */
export function inFront<T>(runs: readonly T[], front: number): T {
  return runs[front % runs.length];
}
