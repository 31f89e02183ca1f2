import { PANES, PANE_NAMES, keyOf } from '../panes/index.ts';
import { KeyTable } from '../text/key-table.tsx';

/** All keys and their effects. */
const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['1 to 9, 0', 'go to a pane; open a closed one, close the current one'],
  ['Tab, Shift-Tab', 'next pane, previous pane'],
  ['Enter, z', 'maximize the pane, or restore it'],
  ['n', 'bring the next of several runs to the front'],
  ['p', 'pause or resume the run; in a replay, the replay'],
  ['c, s', 'save a checkpoint now; draw sample pictures now'],
  ['x', 'stop the run like Ctrl-C: its work is saved'],
  ['/', 'only metrics whose name matches a regular expression'],
  ['[ ]', 'page of metrics'],
  ['+ -, arrows', 'zoom into the newest steps, and move along them'],
  ['l, m', 'axis: automatic, linear, logarithmic; smoothing'],
  [', .', 'previous picture, next picture'],
  ['o', 'the picture at full size, if the terminal supports it'],
  ['arrows, Page', 'scroll log and overview'],
  ['Esc', 'back: from one pane to all, from a run to the list'],
  ['q, Ctrl-C', 'leave the screen; the run continues'],
  ['panes', PANE_NAMES.map((name) => `${keyOf(name)} ${PANES[name].title}`).join(', ')],
];

export function Help({ width, height }: { readonly width: number; readonly height: number }) {
  return <KeyTable keys={KEYS} width={width} height={height} />;
}
