import type { Key } from 'ink';
import type { RequestName, RunState } from '@rewardedit/core';
import { PANES, PANE_NAMES, keyOf, type PaneName } from '../panes/index.ts';
import type { Pane } from '../panes/pane.ts';
import { inFront } from '../runs/watched-run.ts';
import { SIMPLE_KEYS, type ViewSettings } from './view-settings.ts';

/** An effect of a key beyond the view. */
export type Effect =
  | { readonly type: 'leave' }
  | { readonly type: 'back' }
  | { readonly type: 'request'; readonly request: RequestName }
  | { readonly type: 'picture' };

export type Pressed = { readonly settings: ViewSettings; readonly effect?: Effect };

/** The open panes: those the user opened, and those with content that were not closed. */
export function openPanes({ chosen, front }: ViewSettings, states: readonly RunState[]): PaneName[] {
  const isOpen = ({ hasNews, overlays = false, compares = false }: Pane) =>
    (overlays ? states : [inFront(states, front)]).some(hasNews) || (compares && states.length > 1);
  return PANE_NAMES.filter((name) => chosen[name] ?? isOpen(PANES[name]));
}

/** The name of a key, with or without a character. */
export function nameOf(input: string, key: Key): string {
  if (key.ctrl) return `ctrl-${input}`;
  if (key.shift && key.tab) return 'shift-tab';
  const named = (['tab', 'return', 'escape', 'pageUp', 'pageDown', 'backspace', 'delete'] as const).find(
    (name) => key[name],
  );
  if (named !== undefined) return named;
  for (const side of ['left', 'right', 'up', 'down'] as const) if (key[`${side}Arrow`]) return side;
  return input;
}

/** The names of the keys in one input: a slow connection, such as ssh, may deliver several at once. */
export function namesOf(input: string, key: Key): string[] {
  const name = nameOf(input, key);
  return name === input ? Array.from(input) : [name];
}

/** Maps a key to its effect, given the view and the state of the runs. */
export function press(settings: ViewSettings, name: string, states: readonly RunState[]): Pressed {
  if (settings.isFiltering && !name.startsWith('ctrl-'))
    return { settings: { ...settings, ...typed(settings, name) } };
  if (settings.isHelp) return { settings: { ...settings, isHelp: false } };
  const effect = effectOf(name, inFront(states, settings.front));
  if (effect !== undefined) return { settings, effect };
  const open = openPanes(settings, states);
  if (name === 'tab' || name === 'shift-tab')
    return { settings: { ...settings, ...focusedNext(settings, open, name === 'tab' ? 1 : -1) } };
  if (name === 'return') return { settings: { ...settings, isAlone: !settings.isAlone } };
  if (name === 'escape') {
    if (settings.isAlone || settings.filter !== '')
      return { settings: { ...settings, isAlone: false, filter: '' } };
    return { settings, effect: { type: 'back' } };
  }
  const pane = PANE_NAMES.find((each) => keyOf(each) === name);
  if (pane !== undefined) return { settings: { ...settings, ...toggled(settings, open, pane) } };
  const change = Object.hasOwn(SIMPLE_KEYS, name) ? SIMPLE_KEYS[name] : undefined;
  return { settings: change === undefined ? settings : { ...settings, ...change(settings) } };
}

function effectOf(name: string, state: RunState): Effect | undefined {
  if (name === 'q' || name === 'ctrl-c') return { type: 'leave' };
  if (name === 'o') return { type: 'picture' };
  const isPaused = 'resume' in state.waiting;
  const requests: Readonly<Record<string, RequestName>> = {
    p: isPaused ? 'resume' : 'pause',
    c: 'checkpoint',
    s: 'sample',
    x: 'stop',
  };
  return Object.hasOwn(requests, name) ? { type: 'request', request: requests[name] } : undefined;
}

function typed({ filter }: ViewSettings, name: string): Partial<ViewSettings> {
  if (name === 'return') return { isFiltering: false };
  if (name === 'escape') return { isFiltering: false, filter: '' };
  if (name === 'backspace' || name === 'delete') return { filter: filter.slice(0, -1), page: 0 };
  return Array.from(name).length === 1 ? { filter: filter + name, page: 0 } : {};
}

function focusedNext(
  { focused }: ViewSettings,
  open: readonly PaneName[],
  by: number,
): Partial<ViewSettings> {
  if (open.length === 0) return {};
  const at = focused === undefined ? (by > 0 ? -1 : 0) : open.indexOf(focused);
  return { focused: open[(at + by + open.length) % open.length], scroll: 0 };
}

/** Opens and focuses a pane; closes it if it is already focused. */
function toggled(
  { chosen, focused }: ViewSettings,
  open: readonly PaneName[],
  pane: PaneName,
): Partial<ViewSettings> {
  if (!open.includes(pane)) return { chosen: { ...chosen, [pane]: true }, focused: pane, scroll: 0 };
  if (focused !== pane) return { focused: pane, scroll: 0 };
  return { chosen: { ...chosen, [pane]: false }, focused: undefined, isAlone: false };
}
