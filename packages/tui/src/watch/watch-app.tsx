import { useApp, useInput, useIsScreenReaderEnabled, useStdin, useStdout, useWindowSize } from 'ink';
import { useMemo, useRef, useState } from 'react';
import { sendRequest, type RequestName } from '@rewardedit/core';
import { fullPicturePaths } from '../pictures/full-picture.ts';
import { showFullPicture } from '../pictures/show-full-picture.ts';
import type { Feed } from '../runs/feed.ts';
import { namesOf, press, type Pressed } from './keys.ts';
import { useFeeds } from './use-feeds.ts';
import type { ViewSettings } from './view-settings.ts';
import { WatchScreen } from './watch-screen.tsx';

type Props = {
  readonly feeds: readonly Feed[];
  /** A short name of each run. */
  readonly titles: readonly string[];
  /** Whether time passes: in a replay it is that of the events. */
  readonly isLive: boolean;
  readonly settings: ViewSettings;
  readonly onSettings: (settings: ViewSettings) => void;
  readonly onBack: () => void;
};

/** How often what is read aloud changes. */
const SPOKEN_MILLISECONDS = 5000;
const SURE = 'x again stops the run: what is under way is finished and saved';

/** Runs that are watched: passes events on to the screen, and keys to what they do. */
export function WatchApp({ feeds, titles, isLive, settings, onSettings, onBack }: Props) {
  const { exit, suspendTerminal } = useApp();
  const { stdin } = useStdin();
  const { stdout } = useStdout();
  const { columns, rows } = useWindowSize();
  const isSpoken = useIsScreenReaderEnabled();
  const [message, setMessage] = useState<string>();
  /** What is known before it is drawn: several keys may come between two frames. */
  const latest = useRef(settings);
  latest.current = settings;
  const runs = feeds.map((feed, i) => ({ folder: feed.folder, title: titles[i], state: feed.state() }));
  const [{ state }] = runs;
  useFeeds(feeds, {
    isTicking: isLive && !isSpoken && state.status === 'running',
    redrawMilliseconds: isSpoken ? SPOKEN_MILLISECONDS : undefined,
  });

  const ask = async (request: RequestName) => {
    if (state.run === undefined || state.status !== 'running') setMessage('The run is not at work.');
    else if (request === 'stop' && message !== SURE) setMessage(SURE);
    else {
      await sendRequest(feeds[0].folder, { run: state.run, request });
      setMessage(undefined);
    }
  };
  const showPicture = async () => {
    const paths = fullPicturePaths(runs[0], settings);
    if (paths === undefined) setMessage('There is no picture yet.');
    else setMessage(await showFullPicture(paths, { stdin, stdout, suspendTerminal, columns, rows }));
  };
  const tellTrouble = (error: unknown) => setMessage(error instanceof Error ? error.message : String(error));

  useInput((input, key) => {
    setMessage(undefined);
    const states = runs.map((run) => run.state);
    let pressed: Pressed = { settings: latest.current };
    for (const name of namesOf(input, key)) {
      pressed = press(pressed.settings, name, states);
      // What was pressed after it was meant for what comes of it.
      if (pressed.effect !== undefined) break;
    }
    if (pressed.settings !== latest.current) onSettings(pressed.settings);
    latest.current = pressed.settings;
    const { effect } = pressed;
    if (effect?.type === 'leave') exit();
    else if (effect?.type === 'back') onBack();
    else if (effect?.type === 'request') ask(effect.request).catch(tellTrouble);
    else if (effect?.type === 'picture') showPicture().catch(tellTrouble);
  });

  const trouble = useMemo(
    () => feeds.map((feed) => feed.trouble()).find((each) => each !== undefined),
    [feeds, state],
  );
  return (
    <WatchScreen
      {...{ runs, settings, columns }}
      // A frame as high as the terminal would make it scroll.
      rows={Math.max(1, rows - 1)}
      now={isLive ? Date.now() : (state.lastAt ?? 0)}
      message={message ?? trouble}
    />
  );
}
