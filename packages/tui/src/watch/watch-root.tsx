import { basename } from 'node:path';
import { useEffect, useState } from 'react';
import { openFeed, type Feed } from '../runs/feed.ts';
import { RunChoice } from './run-choice.tsx';
import type { ViewSettings } from './view-settings.ts';
import { WatchApp } from './watch-app.tsx';

type Props = {
  /** The folder to search for runs. */
  readonly root: string;
  /** Run folders to watch; with none, the list of runs is shown. */
  readonly folders: readonly string[];
  /** The speed of a replay, as a multiple; absent to follow the run. */
  readonly speed: number | undefined;
  readonly settings: ViewSettings;
  readonly onSettings: (settings: ViewSettings) => void;
};

/** The list of runs below a folder, and the screen of the chosen ones. */
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
    isReplay: speed !== undefined,
    settings,
  };
  return <WatchApp {...watched} onSettings={choose} onBack={() => setFolders([])} />;
}

/** The shortest path suffixes that distinguish folders. */
export function titlesOf(folders: readonly string[]): string[] {
  const ends = (length: number) => folders.map((folder) => folder.split(/[/\\]/).slice(-length).join('/'));
  for (let length = 1; length < 8; length++)
    if (new Set(ends(length)).size === folders.length) return ends(length);
  return folders.map((folder) => basename(folder));
}
