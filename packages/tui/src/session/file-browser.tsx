import { dirname } from 'node:path';
import { useEffect, useState } from 'react';
import { browse, type Entry } from './browse.ts';
import { Chooser } from './chooser.tsx';

type Props = {
  /** The folder, or a picture in it, to start at. */
  readonly start: string;
  readonly columns: number;
  readonly rows: number;
  readonly onChosen: (picture: string) => void;
  readonly onBack: () => void;
};

/** Navigates folders to a picture, with a preview. */
export function FileBrowser({ start, columns, rows, onChosen, onBack }: Props) {
  const [folder, setFolder] = useState(start);
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const [trouble, setTrouble] = useState('');
  useEffect(() => {
    let isWanted = true;
    const look = async () => {
      try {
        const found = await browse(folder);
        if (isWanted) setEntries(found);
      } catch (error) {
        if (!isWanted) return;
        // A picture, or an unreadable folder.
        if (dirname(folder) !== folder) setFolder(dirname(folder));
        setTrouble(` (${error instanceof Error ? error.message : String(error)})`);
      }
    };
    void look();
    return () => {
      isWanted = false;
    };
  }, [folder]);
  const options = entries.map(({ name, path, isFolder }) => ({
    label: isFolder ? `${name}/` : name,
    path,
    isPicture: !isFolder,
  }));
  const take = (path: string) => {
    setTrouble('');
    if (entries.find((entry) => entry.path === path)?.isFolder === true) setFolder(path);
    else onChosen(path);
  };
  return (
    <Chooser
      key={folder}
      title={`Picture in ${folder}${trouble}`}
      {...{ options, columns, rows, onBack }}
      onChosen={take}
    />
  );
}
