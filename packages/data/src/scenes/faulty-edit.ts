import type { Random } from '@rewardedit/core';
import { GLOBAL_LOOK_NAMES, STYLE_LOOK_NAMES } from './look.ts';
import { BACKGROUND_COLOUR_NAMES, SHAPE_COLOUR_NAMES } from './palette.ts';
import { CORNERS, FORMS, TEXTURES, shapeAt, type Corner, type Scene } from './scene.ts';
import { emptyCorners, pickOther, type SceneEdit } from './scene-edit.ts';

/** Picks a misunderstanding: an edit of the same kind as the requested one, but of another object or in another colour. */
export function wrongSceneEdit(scene: Scene, edit: SceneEdit, random: Random): SceneEdit {
  const others = 'corner' in edit ? scene.shapes.filter((shape) => shape.corner !== edit.corner) : [];
  switch (edit.kind) {
    case 'local': {
      const otherObjects = others.filter((shape) => shape.colour !== edit.colour);
      const wrongObject = otherObjects.length > 0 && random.uniform() < 0.5;
      if (wrongObject) return { ...edit, corner: random.pick(otherObjects).corner };
      const before = shapeAt(scene, edit.corner)!.colour;
      return { ...edit, colour: pickOther(random, SHAPE_COLOUR_NAMES, before, edit.colour) };
    }
    case 'remove': {
      if (others.length > 0) return { ...edit, corner: random.pick(others).corner };
      const { corner, colour } = shapeAt(scene, edit.corner)!;
      return { kind: 'local', corner, colour: pickOther(random, SHAPE_COLOUR_NAMES, colour) };
    }
    case 'add': {
      const otherCorners = emptyCorners(scene).filter((corner) => corner !== edit.corner);
      const mistakes: (() => SceneEdit)[] = [
        () => ({ ...edit, colour: pickOther(random, SHAPE_COLOUR_NAMES, edit.colour) }),
        () => ({ ...edit, form: pickOther(random, FORMS, edit.form) }),
      ];
      if (otherCorners.length > 0) mistakes.push(() => ({ ...edit, corner: random.pick(otherCorners) }));
      return random.pick(mistakes)();
    }
    case 'texture': {
      const wrongObject = others.length > 0 && random.uniform() < 0.5;
      if (wrongObject) return { ...edit, corner: random.pick(others).corner };
      return { ...edit, texture: pickOther(random, TEXTURES, edit.texture) };
    }
    case 'background':
      return {
        ...edit,
        colour: pickOther(random, BACKGROUND_COLOUR_NAMES, scene.background.colour, edit.colour),
      };
    case 'global':
      return { ...edit, look: pickOther(random, GLOBAL_LOOK_NAMES, edit.look) };
    case 'style':
      break;
  }
  return { ...edit, look: pickOther(random, STYLE_LOOK_NAMES, edit.look) };
}

/**
 * Picks an unrequested edit that touches nothing the `done` edits touch, so that it is visible beside them. Under a new look, colours say
 * little, so it adds or removes a shape.
 */
export function unrelatedSceneEdit(scene: Scene, done: readonly SceneEdit[], random: Random): SceneEdit {
  const touched: readonly Corner[] = done.flatMap((edit) => ('corner' in edit ? [edit.corner] : []));
  const untouched = CORNERS.filter((corner) => !touched.includes(corner));
  const shapes = scene.shapes.filter((shape) => untouched.includes(shape.corner));
  const free = emptyCorners(scene).filter((corner) => untouched.includes(corner));
  const looks = done.some((edit) => edit.kind === 'global' || edit.kind === 'style');
  const background = done.some((edit) => edit.kind === 'background');

  const choices: (() => SceneEdit)[] = [];
  if (shapes.length > 0) choices.push(() => ({ kind: 'remove', corner: random.pick(shapes).corner }));
  if (free.length > 0) {
    choices.push(() => ({
      kind: 'add',
      corner: random.pick(free),
      form: random.pick(FORMS),
      colour: random.pick(SHAPE_COLOUR_NAMES),
    }));
  }
  if (!looks) {
    choices.push(() => ({ kind: 'global', look: pickOther(random, GLOBAL_LOOK_NAMES, 'bright') }));
    if (shapes.length > 0) {
      choices.push(() => {
        const { corner, colour } = random.pick(shapes);
        return { kind: 'local', corner, colour: pickOther(random, SHAPE_COLOUR_NAMES, colour) };
      });
    }
    if (!background) {
      choices.push(() => ({
        kind: 'background',
        colour: pickOther(random, BACKGROUND_COLOUR_NAMES, scene.background.colour),
      }));
    }
  }
  return random.pick(choices)();
}
