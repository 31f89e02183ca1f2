import { useApp, useInput, useWindowSize } from 'ink';
import { useEffect, useState } from 'react';
import { findRuns, type FoundRun } from '../runs/find-runs.ts';
import { nameOf } from './keys.ts';
import { RunList } from './run-list.tsx';

type Props = {
  /** The folder to search for runs. */
  readonly root: string;
  readonly onChosen: (folders: readonly string[]) => void;
};

/** The list of runs with a cursor, to choose one or several. */
export function RunChoice({ root, onChosen }: Props) {
  const { exit } = useApp();
  const { columns, rows } = useWindowSize();
  const [runs, setRuns] = useState<readonly FoundRun[]>();
  const [at, setAt] = useState(0);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const look = () => void findRuns(root).then(setRuns);
  useEffect(look, [root]);
  const last = (runs?.length ?? 0) - 1;
  const here = runs?.[Math.min(at, last)];
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
    else if (name === 'down') setAt((now) => Math.min(Math.max(0, last), now + 1));
    else if (name === 'r') look();
    else if (name === ' ' && here !== undefined) mark(here.folder);
    else if (name === 'return' && here !== undefined) onChosen(marked.size > 0 ? [...marked] : [here.folder]);
  });
  return <RunList {...{ runs, at, marked, columns }} rows={Math.max(2, rows - 1)} now={Date.now()} />;
}
