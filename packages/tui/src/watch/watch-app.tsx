import { useApp, useInput, useIsScreenReaderEnabled, useStdin, useStdout, useWindowSize } from 'ink';
import { useRef, useState } from 'react';
import { sendRequest, type RequestName } from '@rewardedit/core';
import { fullPicturePaths } from '../pictures/full-picture.ts';
import { showFullPicture } from '../pictures/show-full-picture.ts';
import type { Feed } from '../runs/feed.ts';
import { inFront } from '../runs/watched-run.ts';
import { namesOf, press, type Pressed } from './keys.ts';
import { useFeeds } from './use-feeds.ts';
import type { ViewSettings } from './view-settings.ts';
import { WatchScreen } from './watch-screen.tsx';

type Props = {
  readonly feeds: readonly Feed[];
  /** A short name of each run. */
  readonly titles: readonly string[];
  /** Whether this is a replay: the clock is that of the events, and no requests are sent. */
  readonly isReplay: boolean;
  readonly settings: ViewSettings;
  readonly onSettings: (settings: ViewSettings) => void;
  readonly onBack: () => void;
};

/** The interval of updates for screen readers. */
const SPOKEN_MILLISECONDS = 5000;
const SURE = 'x again stops the run: the current work is finished and saved';

/** Watches runs: passes events to the screen, and dispatches keys. */
export function WatchApp({ feeds, titles, isReplay, settings, onSettings, onBack }: Props) {
  const { exit, suspendTerminal } = useApp();
  const { stdin } = useStdin();
  const { stdout } = useStdout();
  const { columns, rows } = useWindowSize();
  const isSpoken = useIsScreenReaderEnabled();
  const [message, setMessage] = useState<string>();
  /** The current state, ahead of rendering: several keys may arrive between two frames. */
  const latest = useRef(settings);
  latest.current = settings;
  const runs = feeds.map((feed, i) => ({ folder: feed.folder, title: titles[i], state: feed.state() }));
  useFeeds(feeds, {
    isTicking: !isReplay && !isSpoken && runs.some((run) => run.state.status === 'running'),
    redrawMilliseconds: isSpoken ? SPOKEN_MILLISECONDS : undefined,
  });

  const ask = async (request: RequestName) => {
    const { folder, state } = inFront(runs, latest.current.front);
    if (isReplay) setMessage(askReplay(feeds, request));
    else if (state.run === undefined || state.status !== 'running') setMessage('The run is not at work.');
    else if (request === 'stop' && message !== SURE) setMessage(SURE);
    else {
      await sendRequest(folder, { run: state.run, request });
      setMessage(undefined);
    }
  };
  const showPicture = async () => {
    const paths = fullPicturePaths(inFront(runs, latest.current.front), latest.current);
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
      // Later keys were meant for the result.
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

  const trouble = feeds.map((feed) => feed.trouble()).find((each) => each !== undefined);
  return (
    <WatchScreen
      {...{ runs, settings, columns, isReplay }}
      // A frame as high as the terminal would scroll it.
      rows={Math.max(1, rows - 1)}
      now={isReplay ? Math.max(...runs.map(({ state }) => state.lastAt ?? 0)) : Date.now()}
      message={message ?? trouble}
    />
  );
}

/** Pauses a replay; other requests make no sense for it. Returns a message for the user. */
function askReplay(feeds: readonly Feed[], request: RequestName): string | undefined {
  if (request !== 'pause' && request !== 'resume') return 'This is a replay: the run accepts no requests.';
  for (const { gate } of feeds) gate?.toggle();
  return feeds.some(({ gate }) => gate?.isClosed()) ? 'The replay is paused; p resumes it.' : undefined;
}
