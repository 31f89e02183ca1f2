import { Box, useInput } from 'ink';
import { useState } from 'react';
import { PictureView } from '../pictures/picture.tsx';
import { columnsOf, fit, fitEnd } from '../text/fit.ts';
import { KeyHints } from '../text/key-hints.tsx';
import { Line } from '../text/line.tsx';
import { nameOf } from '../watch/keys.ts';

export type Option = { readonly label: string; readonly path: string; readonly isPicture?: boolean };

type Props = {
  readonly title: string;
  readonly options: readonly Option[];
  readonly columns: number;
  readonly rows: number;
  readonly onChosen: (path: string) => void;
  readonly onBack: () => void;
};

const KEYS = ['↑↓ choose', 'type to find', 'Enter take', 'Esc back'] as const;
const PREVIEW_SHARE = 0.5;
const LEAST_PREVIEW = 50;

/** A list to choose from with arrows or by typing the beginning of a name, with a preview of pictures. */
export function Chooser({ title, options, columns, rows, onChosen, onBack }: Props) {
  const [at, setAt] = useState(0);
  const [typed, setTyped] = useState('');
  const found = options.filter(({ label }) => label.toLowerCase().includes(typed.toLowerCase()));
  const here = found[Math.min(at, found.length - 1)] as Option | undefined;
  const look = (change: (now: string) => string) => {
    setTyped(change);
    setAt(0);
  };
  useInput((input, key) => {
    const name = nameOf(input, key);
    const last = Math.max(0, found.length - 1);
    const moves: Readonly<Record<string, number>> = { up: -1, down: 1, pageUp: -10, pageDown: 10 };
    if (Object.hasOwn(moves, name)) setAt((now) => Math.min(last, Math.max(0, now + moves[name])));
    else if (name === 'return') {
      if (here === undefined) return;
      look(() => '');
      onChosen(here.path);
    } else if (name === 'escape' || name === 'ctrl-c') {
      if (typed === '' || name === 'ctrl-c') onBack();
      else look(() => '');
    } else if (name === 'backspace' || name === 'delete') look((now) => now.slice(0, -1));
    else if (
      !name.startsWith('ctrl-') &&
      name.length > 0 &&
      !['tab', 'shift-tab', 'left', 'right'].includes(name)
    )
      look((now) => now + input);
  });
  const hasPreview = columns >= LEAST_PREVIEW && here?.isPicture === true;
  const width = hasPreview ? Math.floor(columns * (1 - PREVIEW_SHARE)) - 2 : columns;
  const room = {
    options: Math.max(1, rows - 2),
    // The typed text stays visible, however long the title is.
    title: Math.max(0, columns - columnsOf(typed) - 3),
  };
  const first = Math.max(0, Math.min(at - Math.floor(room.options / 2), found.length - room.options));
  return (
    <Box flexDirection="column" height={rows} overflow="hidden">
      <Line text={typed === '' ? title : `${fit(title, room.title)}: ${typed}▏`} width={columns} bold />
      <Box columnGap={2} height={room.options} overflow="hidden">
        <Box flexDirection="column" width={width}>
          {found.slice(first, first + room.options).map((option, i) => (
            <Line
              key={option.path}
              text={`${first + i === at ? '›' : ' '} ${fitEnd(option.label, width - 2)}`}
              width={width}
              inverse={first + i === at}
            />
          ))}
          {found.length === 0 && <Line text="empty" width={width} dim />}
        </Box>
        {hasPreview && (
          <PictureView
            paths={[here.path]}
            columns={columns - width - 2}
            rows={room.options}
            title={here.label}
          />
        )}
      </Box>
      <KeyHints keys={KEYS} width={columns} />
    </Box>
  );
}
