import type { Run, RunEvent } from '@rewardedit/core';
import { canShowScreens } from './open-screen.ts';
import { openScreenProcess, type ScreenProcess } from './screen-process.ts';
import type { ViewOptions } from '../flags/view-flags.ts';

/** The views of a run in progress: a progress line, a screen, lines of JSON, TensorBoard files. All are driven by its events. */
export type RunViews = {
  /** Receives every event. */
  readonly onEvent: (event: RunEvent) => void;
  /** Starts showing the run. */
  show(run: Run): Promise<void>;
  /** Writes immediately, or once the screen is off the terminal. */
  write(text: () => void): void;
  /** Removes the progress line or screen from the terminal. */
  end(): Promise<void>;
};

/** Creates the views that the options ask for. `note` explains to the user why one is not available. */
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
          // The screen was closed or killed: continue with a progress line.
          if (!isEnded) endProgress = showProgress(run, { quiet });
        });
        return;
      }
      if (tui) note('Not on a terminal: showing progress as lines instead of a screen.');
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
