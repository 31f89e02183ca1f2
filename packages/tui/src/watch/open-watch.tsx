import { openTerminal } from '../open-terminal.tsx';
import { recallSettings, rememberSettings } from './remembered.ts';
import { WatchRoot } from './watch-root.tsx';

export type WatchOptions = {
  /** Where runs are looked for. */
  readonly root: string;
  /** Run folders to watch at first; the list of runs where there are none. */
  readonly folders: readonly string[];
  /** How many times as fast as it was a run is replayed; where absent, it is followed. */
  readonly speed?: number | undefined;
  /** Whether it is read aloud. */
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
