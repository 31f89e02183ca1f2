import type { Run, RunEvent } from '@rewardedit/core';
import { canShowScreens } from './open-screen.ts';
import { openScreenProcess, type ScreenProcess } from './screen-process.ts';
import type { ViewOptions } from '../flags/view-flags.ts';

/** What shows a run while it is at work: a line, a screen, lines of JSON, files for TensorBoard. All of them read its events only. */
export type RunViews = {
  /** To be told of every event. */
  readonly onEvent: (event: RunEvent) => void;
  /** Begins to show the run. */
  show(run: Run): Promise<void>;
  /** Writes at once, or when the screen is off the terminal. */
  write(text: () => void): void;
  /** Takes everything off the terminal that will be drawn over. */
  end(): Promise<void>;
};

/** Makes what the options ask for. `note` tells the user why something of it cannot be had. */
export async function createRunViews(
  { quiet = false, tui = false, 'log-format': format = 'text', tensorboard }: ViewOptions,
  note: (message: string) => void,
): Promise<RunViews> {
  const { writeEvent } = await import('@rewardedit/core');
  const { showProgress } = await import('../output/progress.ts');
  const board = tensorboard === undefined ? undefined : await openBoard(tensorboard);
  let screen: ScreenProcess | undefined;
  let endProgress: () => void = () => undefined;
  let isEnded = false;
  let heldBack: (() => void)[] = [];
  const release = () => {
    for (const text of heldBack) text();
    heldBack = [];
  };
  return {
    onEvent(event) {
      if (format === 'json') process.stderr.write(writeEvent(event));
      board?.(event);
    },
    async show(run) {
      if (format === 'json') return;
      if (tui && run.folder !== undefined && canShowScreens()) {
        screen = openScreenProcess(run.folder, () => {
          release();
          // Left, or killed: the work goes on, with a line.
          if (!isEnded) endProgress = showProgress(run, { quiet });
        });
        return;
      }
      if (tui) note('There is no terminal that a screen can be shown on; progress comes as lines.');
      endProgress = showProgress(run, { quiet });
    },
    write(text) {
      if (screen?.isOpen() === true) heldBack.push(text);
      else text();
    },
    async end() {
      isEnded = true;
      await screen?.close();
      endProgress();
    },
  };
}

async function openBoard(folder: string): Promise<(event: RunEvent) => void> {
  const { openTensorBoard } = await import('../tensorboard/tensorboard-writer.ts');
  return openTensorBoard(folder);
}
