import { PANES, PANE_NAMES, keyOf } from '../panes/index.ts';
import { KeyTable } from '../text/key-table.tsx';

/** Every key, and what it does. */
const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['1 to 9, 0', 'go to a pane; open it, or close it when one is there'],
  ['Tab, Shift-Tab', 'next pane, pane before'],
  ['Enter, z', 'give the pane all the room, or take it back'],
  ['n', 'of several runs, the next one in front'],
  ['p', 'pause the run, or let it go on; in a replay, the replay'],
  ['c, s', 'save a checkpoint now; draw sample pictures now'],
  ['x', 'stop the run as at Ctrl-C: what is under way is saved'],
  ['/', 'only metrics whose name a regular expression finds'],
  ['[ ]', 'page of metrics'],
  ['+ -, arrows', 'zoom into the newest steps, and move along them'],
  ['l, m', 'axis: automatic, linear, logarithmic; smoothing'],
  [', .', 'picture before, picture after'],
  ['o', 'the picture at full size, where the terminal can show it'],
  ['arrows, Page', 'scroll log and overview'],
  ['Esc', 'back: from one pane to all, from a run to the list'],
  ['q, Ctrl-C', 'leave the screen; the run goes on'],
  ['panes', PANE_NAMES.map((name) => `${keyOf(name)} ${PANES[name].title}`).join(', ')],
];

export function Help({ width, height }: { readonly width: number; readonly height: number }) {
  return <KeyTable keys={KEYS} width={width} height={height} />;
}
