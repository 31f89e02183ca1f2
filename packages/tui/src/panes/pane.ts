import type { ComponentType } from 'react';
import type { RunState } from '@rewardedit/core';
import type { WatchedRun } from '../runs/watched-run.ts';
import type { ViewSettings } from '../watch/view-settings.ts';

/** What a pane shows is a function of these. */
export type PaneProps = {
  /** The runs that are watched; panes that show only one show that in front (`inFront`). */
  readonly runs: readonly WatchedRun[];
  /** Columns and lines that there are. */
  readonly width: number;
  readonly height: number;
  readonly settings: ViewSettings;
  /** Milliseconds since 1970. */
  readonly now: number;
};

export type Pane = {
  readonly title: string;
  readonly Component: ComponentType<PaneProps>;
  /** Lines that it needs, with its title, and those that it has use for: as many as there are where absent. */
  readonly least: number;
  readonly most?: number;
  /** Whether there is something to show: such panes are open unless the user says otherwise. */
  readonly hasNews: (state: RunState) => boolean;
  /** Whether it shows all runs over each other: it is open where any of them has something to show, others where that in front has. */
  readonly overlays?: boolean;
  /** Whether it says what is different between runs, and so is open where several are watched. */
  readonly compares?: boolean;
};
