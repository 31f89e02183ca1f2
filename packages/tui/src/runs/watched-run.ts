import type { RunState } from '@rewardedit/core';

/** A run as screens show it. */
export type WatchedRun = {
  /** Run folder. */
  readonly folder: string;
  /** A short name that tells it from those beside it. */
  readonly title: string;
  readonly state: RunState;
};
