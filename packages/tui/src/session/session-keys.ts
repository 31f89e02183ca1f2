import { isSlider, moved } from './choice.ts';
import {
  chosen,
  focused,
  redone,
  stepped,
  undone,
  updated,
  shownVersion,
  type SessionState,
} from './session-state.ts';

/** A long action, or leaving the session. */
export type SessionEffect =
  'edit' | 'vary' | 'judge' | 'sweep' | 'save' | 'copy' | 'picture' | 'leave' | 'cancel';

export type SessionPressed = { readonly state: SessionState; readonly effect?: SessionEffect };

const EFFECTS: Readonly<Record<string, SessionEffect>> = {
  e: 'edit',
  v: 'vary',
  j: 'judge',
  t: 'sweep',
  y: 'copy',
  o: 'picture',
  q: 'leave',
};

type Change = (state: SessionState) => SessionState;

const CHANGES: Readonly<Record<string, Change>> = {
  '?': (state) => ({ ...state, isHelp: true }),
  c: (state) => ({ ...state, view: state.view === 'compare' ? 'result' : 'compare' }),
  k: (state) => updated(state, { isKept: shownVersion(state)?.isKept !== true }),
  u: undone,
  r: redone,
  '[': (state) => stepped(state, -1),
  ']': (state) => stepped(state, 1),
  m: (state) => ({ ...state, stage: 'model' }),
  p: (state) => ({ ...state, stage: 'picture' }),
  i: (state) => ({ ...state, focus: 'instruction' }),
  w: (state) =>
    shownVersion(state) === undefined
      ? { ...state, message: 'There is nothing to save yet.' }
      : { ...state, saving: `edited-${(state.shown ?? 0) + 1}.png` },
};

/** Maps a key on the session's screen to its effect. */
export function pressInSession(before: SessionState, name: string, input: string): SessionPressed {
  const state: SessionState = { ...before, message: undefined };
  if (name === 'ctrl-c') return { state, effect: before.busy === undefined ? 'leave' : 'cancel' };
  if (state.saving !== undefined) return typedName(state, name, input);
  if (state.isHelp) return { state: { ...state, isHelp: false } };
  if (name === 'escape' && state.busy !== undefined) return { state, effect: 'cancel' };
  if (name === 'tab' || name === 'down') return { state: focused(state, 1) };
  if (name === 'shift-tab' || name === 'up') return { state: focused(state, -1) };
  if (name === 'return') {
    if (state.focus === 'model' || state.focus === 'picture')
      return { state: { ...state, stage: state.focus } };
    return { state, effect: 'edit' };
  }
  if (state.focus === 'instruction') return typedInstruction(state, name, input);
  const { focus } = state;
  if (isSlider(focus) && (name === 'left' || name === 'right'))
    return { state: chosen(state, moved(state.choice, focus, name === 'left' ? -1 : 1)) };
  if (Object.hasOwn(EFFECTS, name)) return { state, effect: EFFECTS[name] };
  return { state: Object.hasOwn(CHANGES, name) ? CHANGES[name](state) : state };
}

function typedInstruction(state: SessionState, name: string, input: string): SessionPressed {
  // Outside of it, letters are commands again.
  if (name === 'escape') return { state: { ...state, focus: 'following' } };
  const instruction = typedText(state.choice.instruction, name, input);
  return { state: { ...state, choice: { ...state.choice, instruction } } };
}

function typedName(state: SessionState, name: string, input: string): SessionPressed {
  if (name === 'escape') return { state: { ...state, saving: undefined } };
  if (name === 'return') return { state, effect: 'save' };
  return { state: { ...state, saving: typedText(state.saving ?? '', name, input) } };
}

function typedText(text: string, name: string, input: string): string {
  if (name === 'backspace' || name === 'delete') return Array.from(text).slice(0, -1).join('');
  if (name === 'ctrl-u') return '';
  const isText = name === input && !name.startsWith('ctrl-');
  // Pasted text may have several lines.
  return isText ? text + input.replaceAll(/[\p{Cc}]+/gu, ' ') : text;
}
