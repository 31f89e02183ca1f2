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
  /** One pane that is shown alone; those with something to show where it is absent. */
  readonly pane?: PaneName | undefined;
};

/** What the screen of some runs looks like: lines with the sequences that colour them. */
export async function renderFrame({ runs, columns, rows, now, pane }: FrameOptions): Promise<string> {
  const chosen = pane === undefined ? {} : { chosen: { [pane]: true }, focused: pane, isAlone: true };
  const settings = { ...FIRST_SETTINGS, ...chosen };
  return drawnWhole(<WatchScreen {...{ runs, columns, rows, now, settings }} />, columns);
}

/** Draws twice: the first time it is found out which pictures are wanted. */
async function drawnWhole(screen: ReactNode, columns: number): Promise<string> {
  const draw = () => renderToString(<ColourContext value={24}>{screen}</ColourContext>, { columns });
  draw();
  // Effects, which ask for pictures, run after the drawing.
  await sleep(0);
  await picturesLoading();
  return draw();
}
