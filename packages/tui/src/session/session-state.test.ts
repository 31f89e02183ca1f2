import { expect, test } from 'vitest';
import { SLIDERS, missingFrom, moved, sweep, type EditChoice } from './choice.ts';
import { placesFor } from './places.ts';
import {
  added,
  chosen,
  firstState,
  redone,
  shownVersion,
  stepped,
  undone,
  updated,
} from './session-state.ts';

const choice: EditChoice = {
  ...{ model: 'model', picture: 'a.png', instruction: 'make it snowy' },
  scores: { following: 5, preserving: 5, quality: 5 },
  ...{ textGuidance: 1, imageGuidance: 1, rewardGuidance: 0.5, steps: 10, seed: 0 },
};
const made = (name: string) => ({ source: 'source.png', result: `${name}.png` });

test('puts pictures side by side if that makes them larger', () => {
  expect(placesFor(6, 56, 27)).toMatchObject({ perRow: 3, columns: 18, lines: 12 });
  expect(placesFor(3, 56, 27)).toMatchObject({ perRow: 2, columns: 27, lines: 12 });
  expect(placesFor(3, 120, 10)).toMatchObject({ perRow: 3, columns: 39, lines: 9 });
  expect(placesFor(3, 20, 60)).toMatchObject({ perRow: 1, columns: 20, lines: 19 });
  expect(placesFor(6, 1, 1)).toMatchObject({ columns: 1, lines: 1 });
});

test('moves sliders in steps, up to their ends', () => {
  expect(moved(choice, 'following', 1).scores.following).toBe(5);
  expect(moved(choice, 'following', -3).scores.following).toBe(3.5);
  expect(moved(moved(choice, 'rewardGuidance', 1), 'rewardGuidance', 1).rewardGuidance).toBe(0.7);
  expect(moved(choice, 'seed', -1).seed).toBe(0);
});

test('sweeps the range of one slider, and keeps the others', () => {
  const choices = sweep(choice, 'preserving', 6);
  expect(choices.map(SLIDERS.preserving.get)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(choices.every(({ scores }) => scores.following === 5)).toBe(true);
});

test('says what is missing', () => {
  expect(missingFrom(choice)).toBeUndefined();
  expect(missingFrom({ ...choice, instruction: ' ' })).toMatch(/instruction/);
  expect(missingFrom({ ...choice, model: undefined })).toMatch(/model/);
});

test('undoes and redoes choices and versions without losing any version', () => {
  let state = firstState(choice);
  state = added(state, { choice, made: made('one'), isKept: false });
  state = chosen(state, moved(choice, 'seed', 1));
  state = added(state, { choice: state.choice, made: made('two'), isKept: false });
  expect(shownVersion(state)?.made.result).toBe('two.png');
  state = undone(state);
  expect(shownVersion(state)?.made.result).toBe('one.png');
  expect(state.choice.seed).toBe(1);
  state = undone(undone(undone(state)));
  expect(state.message).toMatch(/nothing to undo/);
  expect([state.choice.seed, state.shown, state.versions.length]).toEqual([0, undefined, 2]);
  state = redone(redone(redone(state)));
  expect([state.choice.seed, state.shown]).toEqual([1, 1]);
});

test('restores the choice of each version when stepping through the history', () => {
  let state = added(firstState(choice), { choice, made: made('one'), isKept: false });
  state = added(state, { choice: moved(choice, 'seed', 7), made: made('two'), isKept: false });
  state = updated(stepped(state, -1), { isKept: true });
  expect([state.shown, state.choice.seed, state.versions.map(({ isKept }) => isKept)]).toEqual([
    0,
    0,
    [true, false],
  ]);
  expect(stepped(stepped(state, -1), -1).shown).toBe(0);
});
