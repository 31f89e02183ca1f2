import { renderToString } from 'ink';
import type { ReactNode } from 'react';
import { setTimeout as sleep } from 'node:timers/promises';
import { ColourContext } from './pictures/colours.ts';
import { picturesLoading } from './pictures/use-picture.ts';
import type { WatchedRun } from './runs/watched-run.ts';
import type { PaneName } from './panes/index.ts';
import { FIRST_SETTINGS } from './watch/view-settings.ts';
import { WatchScreen } from './watch/watch-screen.tsx';

export type FrameOptions = {
  readonly runs: readonly WatchedRun[];
  readonly columns: number;
  readonly rows: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** A single pane to show; by default those with content. */
  readonly pane?: PaneName | undefined;
};

/** Renders the screen of some runs: lines with SGR sequences. */
export async function renderFrame({ runs, columns, rows, now, pane }: FrameOptions): Promise<string> {
  const chosen = pane === undefined ? {} : { chosen: { [pane]: true }, focused: pane, isAlone: true };
  const settings = { ...FIRST_SETTINGS, ...chosen };
  return drawnWhole(<WatchScreen {...{ runs, columns, rows, now, settings }} />, columns);
}

/** Renders twice: the first time requests the pictures. */
async function drawnWhole(screen: ReactNode, columns: number): Promise<string> {
  const draw = () => renderToString(<ColourContext value={24}>{screen}</ColourContext>, { columns });
  draw();
  // Effects, which request pictures, run after rendering.
  await sleep(0);
  await picturesLoading();
  return draw();
}
