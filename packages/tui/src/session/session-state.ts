import type { Reward } from '@rewardedit/core';
import { FIELDS, type EditChoice, type Field, type SliderName } from './choice.ts';
import type { Made } from './studio.ts';

/** A strip of edits that differ in one slider. */
export type Strip = {
  readonly slider: SliderName;
  readonly values: readonly number[];
  readonly made: readonly Made[];
};

/** A version in the history. */
export type Version = {
  readonly choice: EditChoice;
  readonly made: Made;
  readonly strip?: Strip;
  /** The judge's verdict, or why there is none. */
  readonly verdict?: Reward | string;
  readonly isKept: boolean;
  /** The file it was saved to. */
  readonly saved?: string;
};

/** The view of a version: the result; the comparison with original and difference; or a strip. */
export type View = 'result' | 'compare';

/** A state to return to: the choice, and the shown version. */
type Place = Pick<SessionState, 'choice' | 'shown'>;

export type SessionState = {
  readonly stage: 'model' | 'picture' | 'edit';
  readonly choice: EditChoice;
  readonly focus: Field;
  readonly versions: readonly Version[];
  /** Index of the shown version. */
  readonly shown: number | undefined;
  readonly view: View;
  readonly past: readonly Place[];
  readonly future: readonly Place[];
  /** The action in progress. */
  readonly busy: string | undefined;
  readonly message: string | undefined;
  /** The name of the file to save to, while it is being typed. */
  readonly saving: string | undefined;
  readonly isHelp: boolean;
};

export function firstState(choice: EditChoice): SessionState {
  const stage = choice.model === undefined ? 'model' : choice.picture === undefined ? 'picture' : 'edit';
  return {
    ...{ stage, choice, focus: 'instruction', versions: [], shown: undefined, view: 'result' },
    ...{ past: [], future: [], busy: undefined, message: undefined, saving: undefined, isHelp: false },
  };
}

export function shownVersion({ versions, shown }: SessionState): Version | undefined {
  return shown === undefined ? undefined : versions[shown];
}

/** Changes the choice; `undo` restores the previous one. */
export function chosen(state: SessionState, choice: EditChoice): SessionState {
  return { ...withPast(state), choice };
}

/** Adds a version and shows it. */
export function added(state: SessionState, version: Version): SessionState {
  return {
    ...withPast(state),
    versions: [...state.versions, version],
    shown: state.versions.length,
    busy: undefined,
  };
}

/** Shows another version of the history, and restores its choice. */
export function stepped(state: SessionState, by: number): SessionState {
  const { versions, shown = versions.length } = state;
  const to = Math.min(versions.length - 1, Math.max(0, shown + by));
  if (versions.length === 0 || to === state.shown) return state;
  return { ...withPast(state), shown: to, choice: versions[to].choice };
}

/** Restores the previous state. Versions stay in the history. */
export function undone(state: SessionState): SessionState {
  const place = state.past.at(-1);
  if (place === undefined) return { ...state, message: 'There is nothing to undo.' };
  return { ...state, ...place, past: state.past.slice(0, -1), future: [placeOf(state), ...state.future] };
}

export function redone(state: SessionState): SessionState {
  const [place, ...future] = state.future;
  if (place === undefined) return { ...state, message: 'There is nothing to redo.' };
  return { ...state, ...place, past: [...state.past, placeOf(state)], future };
}

/** Updates the shown version. */
export function updated(state: SessionState, change: Partial<Version>): SessionState {
  const versions = state.versions.map((version, i) =>
    i === state.shown ? { ...version, ...change } : version,
  );
  return { ...state, versions };
}

export function focused(state: SessionState, by: number): SessionState {
  const at = FIELDS.indexOf(state.focus) + by;
  return { ...state, focus: FIELDS[(at + FIELDS.length) % FIELDS.length] };
}

function withPast(state: SessionState): SessionState {
  return { ...state, past: [...state.past, placeOf(state)], future: [], message: undefined };
}

function placeOf({ choice, shown }: SessionState): Place {
  return { choice, shown };
}
