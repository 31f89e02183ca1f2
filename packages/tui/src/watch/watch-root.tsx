import { basename } from 'node:path';
import { useApp, useInput, useWindowSize } from 'ink';
import { useEffect, useState } from 'react';
import { openFeed, type Feed } from '../runs/feed.ts';
import { findRuns, type FoundRun } from '../runs/find-runs.ts';
import { nameOf } from './keys.ts';
import { RunList } from './run-list.tsx';
import type { ViewSettings } from './view-settings.ts';
import { WatchApp } from './watch-app.tsx';

type Props = {
  /** Where runs are looked for. */
  readonly root: string;
  /** Run folders to watch at first; the list of runs where there are none. */
  readonly folders: readonly string[];
  /** How many times as fast as it was a run is replayed; where absent, it is followed. */
  readonly speed: number | undefined;
  readonly settings: ViewSettings;
  readonly onSettings: (settings: ViewSettings) => void;
};

/** The list of runs below a folder, and the screen of those that are chosen. */
export function WatchRoot({ root, folders: first, speed, settings: firstSettings, onSettings }: Props) {
  const [folders, setFolders] = useState(first);
  const [feeds, setFeeds] = useState<readonly Feed[]>([]);
  const [settings, setSettings] = useState(firstSettings);
  useEffect(() => {
    const opened = folders.map((folder) => openFeed(folder, { speed }));
    setFeeds(opened);
    return () => {
      for (const feed of opened) feed.close();
    };
  }, [folders, speed]);
  const choose = (next: ViewSettings) => {
    setSettings(next);
    onSettings(next);
  };
  if (folders.length === 0) return <RunChoice root={root} onChosen={setFolders} />;
  if (feeds.length === 0) return null;
  const watched = {
    feeds,
    titles: titlesOf(feeds.map(({ folder }) => folder)),
    isLive: speed === undefined,
    settings,
  };
  return <WatchApp {...watched} onSettings={choose} onBack={() => setFolders([])} />;
}

/** The shortest ends of paths that tell folders apart. */
export function titlesOf(folders: readonly string[]): string[] {
  const ends = (length: number) => folders.map((folder) => folder.split(/[/\\]/).slice(-length).join('/'));
  for (let length = 1; length < 8; length++)
    if (new Set(ends(length)).size === folders.length) return ends(length);
  return folders.map((folder) => basename(folder));
}

function RunChoice({
  root,
  onChosen,
}: {
  readonly root: string;
  readonly onChosen: (folders: readonly string[]) => void;
}) {
  const { exit } = useApp();
  const { columns, rows } = useWindowSize();
  const [runs, setRuns] = useState<readonly FoundRun[]>([]);
  const [at, setAt] = useState(0);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const look = () => void findRuns(root).then(setRuns);
  useEffect(look, [root]);
  const here = runs[Math.min(at, runs.length - 1)] as FoundRun | undefined;
  const mark = (folder: string) =>
    setMarked(
      marked.has(folder)
        ? new Set([...marked].filter((each) => each !== folder))
        : new Set([...marked, folder]),
    );
  useInput((input, key) => {
    const name = nameOf(input, key);
    if (name === 'q' || name === 'ctrl-c' || name === 'escape') exit();
    else if (name === 'up') setAt((now) => Math.max(0, now - 1));
    else if (name === 'down') setAt((now) => Math.min(Math.max(0, runs.length - 1), now + 1));
    else if (name === 'r') look();
    else if (name === ' ' && here !== undefined) mark(here.folder);
    else if (name === 'return' && here !== undefined) onChosen(marked.size > 0 ? [...marked] : [here.folder]);
  });
  return <RunList {...{ runs, at, marked, columns }} rows={Math.max(2, rows - 1)} now={Date.now()} />;
}
