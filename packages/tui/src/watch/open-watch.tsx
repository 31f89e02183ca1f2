import { openTerminal } from '../open-terminal.tsx';
import { recallSettings, rememberSettings } from './remembered.ts';
import { WatchRoot } from './watch-root.tsx';

export type WatchOptions = {
  /** The folder to search for runs. */
  readonly root: string;
  /** Run folders to watch; with none, the list of runs is shown. */
  readonly folders: readonly string[];
  /** The speed of a replay, as a multiple; absent to follow the run. */
  readonly speed?: number | undefined;
  /** Whether it is for a screen reader. */
  readonly isSpoken: boolean;
};

/** Shows runs on the terminal until the user leaves. */
export async function openWatch({ root, folders, speed, isSpoken }: WatchOptions): Promise<void> {
  let settings = await recallSettings();
  const remember = (next: typeof settings) => {
    settings = next;
  };
  await openTerminal(<WatchRoot {...{ root, folders, speed, settings }} onSettings={remember} />, {
    isSpoken,
  });
  await rememberSettings(settings);
}
