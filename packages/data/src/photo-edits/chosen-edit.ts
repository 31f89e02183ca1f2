import type { Random } from '@rewardedit/core';
import { clampPixels, meanDifference, type Pixels } from '../pictures/pixels.ts';
import type { ParameterValues } from './photo-edit.ts';
import { PHOTO_EDITS, PHOTO_EDIT_NAMES } from './photo-edits.ts';

/** An edit with a value for each of its parameters. */
export type ChosenEdit = { readonly name: string; readonly values: ParameterValues };

/** Mean difference (0 to 1) from which people can tell two pictures apart. */
const VISIBLE = 0.015;

/** Whether people would see a difference between two pictures. */
export function visiblyDifferent(a: Pixels, b: Pixels): boolean {
  return meanDifference(a, b) >= VISIBLE;
}

/** Applies the edit to a photo, with values from 0 to 1. */
export function applyChosenEdit(pixels: Pixels, { name, values }: ChosenEdit): Pixels {
  return clampPixels(PHOTO_EDITS[name].apply(pixels, values));
}

/** Chooses random values for the parameters of an edit. */
export function withRandomValues(name: string, random: Random): ChosenEdit {
  const parameters = Object.entries(PHOTO_EDITS[name].parameters ?? {});
  const values = Object.fromEntries(
    parameters.map(([parameter, choices]) => [parameter, random.pick(choices)]),
  );
  return { name, values };
}

/** Lists all wordings of the edit. */
export function photoWordings({ name, values }: ChosenEdit): readonly string[] {
  return PHOTO_EDITS[name].wordings.map((wording) =>
    wording.replace(/\{(\w+)\}/g, (_, parameter: string) => values[parameter]),
  );
}

/** Returns every edit once, in random order, with random values. */
export function allEdits(random: Random): ChosenEdit[] {
  return random.shuffle([...PHOTO_EDIT_NAMES]).map((name) => withRandomValues(name, random));
}

/**
 * Lists what may be done by mistake instead of an edit, likeliest first: its opposite, or the same edit with one other value; then all other
 * edits in random order.
 */
export function mistakesFor(edit: ChosenEdit, random: Random): ChosenEdit[] {
  const { opposite, parameters = {} } = PHOTO_EDITS[edit.name];
  const near = Object.entries(parameters).map(([parameter, choices]): ChosenEdit => {
    const others = choices.filter((choice) => choice !== edit.values[parameter]);
    return { name: edit.name, values: { ...edit.values, [parameter]: random.pick(others) } };
  });
  if (opposite !== undefined) near.push(withRandomValues(opposite, random));
  const far = allEdits(random).filter(({ name }) => name !== edit.name && name !== opposite);
  return [...random.shuffle(near), ...far];
}

/** Lists edits that are unrelated to all of `done`, in random order. */
export function unrelatedEdits(done: readonly ChosenEdit[], random: Random): ChosenEdit[] {
  const related = new Set(done.flatMap(({ name }) => [name, PHOTO_EDITS[name].opposite]));
  return allEdits(random).filter(({ name }) => !related.has(name) && PHOTO_EDITS[name].moves !== true);
}
