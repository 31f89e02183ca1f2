import type { Reward } from '@rewardedit/core';
import { FIELDS, type EditChoice, type Field, type SliderName } from './choice.ts';
import type { Made } from './studio.ts';

/** A strip: edits that differ in one slider. */
export type Strip = {
  readonly slider: SliderName;
  readonly values: readonly number[];
  readonly made: readonly Made[];
};

/** Something that was made, as it stands in the history. */
export type Version = {
  readonly choice: EditChoice;
  readonly made: Made;
  readonly strip?: Strip;
  /** What the judge says of it, or why it says nothing. */
  readonly verdict?: Reward | string;
  readonly isKept: boolean;
  /** File that it was saved to. */
  readonly saved?: string;
};

/** What is seen of a version: the result; beside the original, with the difference; or a strip. */
export type View = 'result' | 'compare';

/** Where one was: the choice, and what was shown. */
type Place = Pick<SessionState, 'choice' | 'shown'>;

export type SessionState = {
  readonly stage: 'model' | 'picture' | 'edit';
  readonly choice: EditChoice;
  readonly focus: Field;
  readonly versions: readonly Version[];
  /** Index of the version that is shown. */
  readonly shown: number | undefined;
  readonly view: View;
  readonly past: readonly Place[];
  readonly future: readonly Place[];
  /** What is under way. */
  readonly busy: string | undefined;
  readonly message: string | undefined;
  /** The name of a file to save to, while it is typed. */
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

/** The state with another choice; `undo` leads back to the one before. */
export function chosen(state: SessionState, choice: EditChoice): SessionState {
  return { ...withPast(state), choice };
}

/** The state with one more version, which is shown. */
export function added(state: SessionState, version: Version): SessionState {
  return {
    ...withPast(state),
    versions: [...state.versions, version],
    shown: state.versions.length,
    busy: undefined,
  };
}

/** Another version of the history is shown, and its choice is the present one. */
export function stepped(state: SessionState, by: number): SessionState {
  const { versions, shown = versions.length } = state;
  const to = Math.min(versions.length - 1, Math.max(0, shown + by));
  if (versions.length === 0 || to === state.shown) return state;
  return { ...withPast(state), shown: to, choice: versions[to].choice };
}

/** Back to where one was before. What was made stays in the history. */
export function undone(state: SessionState): SessionState {
  const place = state.past.at(-1);
  if (place === undefined) return { ...state, message: 'There is nothing to undo.' };
  return { ...state, ...place, past: state.past.slice(0, -1), future: [placeOf(state), ...state.future] };
}

export function redone(state: SessionState): SessionState {
  const [place, ...future] = state.future;
  if (place === undefined) return { ...state, message: 'There is nothing to do again.' };
  return { ...state, ...place, past: [...state.past, placeOf(state)], future };
}

/** The state with something else known of the version that is shown. */
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
