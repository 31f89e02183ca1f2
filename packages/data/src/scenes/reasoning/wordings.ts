import type { SceneSplit } from '../scene-triplet.ts';
import type { SceneEdit } from '../scene-edit.ts';

/** Edits of one shape, however it is named. */
export type ShapeEdit = Extract<SceneEdit, { kind: 'local' | 'remove' | 'texture' }>;

/** Templates of requests. Those of the held-out split occur in no training set. */
type Wordings = Readonly<Record<SceneSplit, readonly string[]>>;

const REQUESTS: Readonly<Record<ShapeEdit['kind'] | 'background', Wordings>> = {
  local: {
    train: ['make {shape} {value}', 'turn {shape} {value}', 'paint {shape} {value}'],
    'held-out': ['change the colour of {shape} to {value}', 'let {shape} be {value}'],
  },
  remove: {
    train: ['remove {shape}', 'delete {shape}', 'take {shape} away'],
    'held-out': ['make {shape} go away', 'take out {shape}'],
  },
  texture: {
    train: ['add dark {value} to {shape}', 'put dark {value} on {shape}', 'give {shape} dark {value}'],
    'held-out': ['let {shape} have dark {value}', 'paint dark {value} on {shape}'],
  },
  background: {
    train: ['make the background {value}', 'turn the background {value}', 'paint the background {value}'],
    'held-out': ['recolour the background {value}', 'let the background be {value}'],
  },
};

const STEPS: Wordings = {
  train: ['{first} and {second}', '{first}, then {second}', 'first {first}, then {second}'],
  'held-out': ['{first}, and then {second}', 'first {first} and then {second}'],
};

const CONDITIONS: Wordings = {
  train: ['if there {count}, {first}, otherwise {second}', '{first} if there {count}, otherwise {second}'],
  'held-out': ['{second}, but if there {count}, {first}'],
};

/** Lists all requests of a split for an edit, with `words` for the shape. */
export function requests(
  edit: ShapeEdit | Extract<SceneEdit, { kind: 'background' }>,
  words: string,
  split: SceneSplit,
): string[] {
  const value = edit.kind === 'remove' ? '' : edit.kind === 'texture' ? edit.texture : edit.colour;
  return REQUESTS[edit.kind][split].map((request) => filled(request, { shape: words, value }));
}

/** Lists all ways to ask for one thing after another. */
export function steps(first: string, second: string, split: SceneSplit): string[] {
  return STEPS[split].map((sentence) => filled(sentence, { first, second }));
}

/** Lists all ways to ask for the first thing if there are this many shapes ("are two shapes"), and for the second otherwise. */
export function conditions(count: string, first: string, second: string, split: SceneSplit): string[] {
  return CONDITIONS[split].map((sentence) => filled(sentence, { count, first, second }));
}

function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => values[name]);
}
