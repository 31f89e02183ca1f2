import type { ComponentType } from 'react';
import type { RunState } from '@rewardedit/core';
import type { WatchedRun } from '../runs/watched-run.ts';
import type { ViewSettings } from '../watch/view-settings.ts';

/** The props that determine what a pane shows. */
export type PaneProps = {
  /** The watched runs; panes for a single run show the one in front (`inFront`). */
  readonly runs: readonly WatchedRun[];
  /** Available columns and lines. */
  readonly width: number;
  readonly height: number;
  readonly settings: ViewSettings;
  /** Milliseconds since 1970. */
  readonly now: number;
};

export type Pane = {
  readonly title: string;
  readonly Component: ComponentType<PaneProps>;
  /** The lines it needs, including its title, and the most it can use; absent for no limit. */
  readonly least: number;
  readonly most?: number;
  /** Whether it has content: such panes are open unless the user closes them. */
  readonly hasNews: (state: RunState) => boolean;
  /** Whether it shows all runs together: it is open if any of them has content, other panes if the run in front has. */
  readonly overlays?: boolean;
  /** Whether it shows differences between runs, and so is open if several are watched. */
  readonly compares?: boolean;
};
