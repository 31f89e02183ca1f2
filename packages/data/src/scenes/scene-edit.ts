import type { EditKind, Random } from '@rewardedit/core';
import { GLOBAL_LOOK_NAMES, STYLE_LOOK_NAMES, type GlobalLook, type StyleLook } from './look.ts';
import {
  BACKGROUND_COLOUR_NAMES,
  SHAPE_COLOUR_NAMES,
  type BackgroundColour,
  type ShapeColour,
} from './palette.ts';
import {
  CORNERS,
  FORMS,
  TEXTURES,
  cornerCentre,
  shapeAt,
  type Corner,
  type Form,
  type Scene,
  type Texture,
} from './scene.ts';

/** An edit of a scene, of one of the seven kinds. A shape is identified by its corner. */
export type SceneEdit =
  | { readonly kind: 'local'; readonly corner: Corner; readonly colour: ShapeColour }
  | { readonly kind: 'remove'; readonly corner: Corner }
  | { readonly kind: 'add'; readonly corner: Corner; readonly form: Form; readonly colour: ShapeColour }
  | { readonly kind: 'texture'; readonly corner: Corner; readonly texture: Texture }
  | { readonly kind: 'background'; readonly colour: BackgroundColour }
  | { readonly kind: 'global'; readonly look: GlobalLook }
  | { readonly kind: 'style'; readonly look: StyleLook };

/** Added shapes have a fixed size and are centred in their quadrant, so that an instruction has a single right answer. */
const ADDED_RADIUS = 5.8;

/** Applies an edit to a scene. */
export function applySceneEdit(scene: Scene, edit: SceneEdit): Scene {
  const changeShape = (
    corner: Corner,
    change: Partial<Pick<Scene['shapes'][number], 'colour' | 'texture'>>,
  ) => ({
    ...scene,
    shapes: scene.shapes.map((shape) => (shape.corner === corner ? { ...shape, ...change } : shape)),
  });
  switch (edit.kind) {
    case 'local':
      return changeShape(edit.corner, { colour: edit.colour });
    case 'texture':
      return changeShape(edit.corner, { texture: edit.texture });
    case 'remove':
      return { ...scene, shapes: scene.shapes.filter((shape) => shape.corner !== edit.corner) };
    case 'add': {
      const { corner, form, colour } = edit;
      const added = { corner, form, colour, ...cornerCentre(corner), radius: ADDED_RADIUS };
      return { ...scene, shapes: [...scene.shapes, added] };
    }
    case 'background':
      return { ...scene, background: { ...scene.background, colour: edit.colour } };
    case 'global':
    case 'style':
      break;
  }
  return { ...scene, look: edit.look };
}

/** Applies edits to a scene, one after another. */
export function applySceneEdits(scene: Scene, edits: readonly SceneEdit[]): Scene {
  return edits.reduce(applySceneEdit, scene);
}

/** Picks one of the choices, except those in `not`. */
export function pickOther<T>(random: Random, choices: readonly T[], ...not: readonly T[]): T {
  return random.pick(choices.filter((choice) => !not.includes(choice)));
}

/** Lists the corners without a shape. */
export function emptyCorners(scene: Scene): Corner[] {
  return CORNERS.filter((corner) => shapeAt(scene, corner) === undefined);
}

/** Picks a random edit of the given kind that changes the scene. The scene must have a shape and an empty corner. */
export function randomSceneEdit(scene: Scene, kind: EditKind, random: Random): SceneEdit {
  const shape = random.pick(scene.shapes);
  switch (kind) {
    case 'local':
      return { kind, corner: shape.corner, colour: pickOther(random, SHAPE_COLOUR_NAMES, shape.colour) };
    case 'remove':
      return { kind, corner: shape.corner };
    case 'add':
      return {
        kind,
        corner: random.pick(emptyCorners(scene)),
        form: random.pick(FORMS),
        colour: random.pick(SHAPE_COLOUR_NAMES),
      };
    case 'texture':
      return { kind, corner: shape.corner, texture: random.pick(TEXTURES) };
    case 'background':
      return { kind, colour: pickOther(random, BACKGROUND_COLOUR_NAMES, scene.background.colour) };
    case 'global':
      return { kind, look: random.pick(GLOBAL_LOOK_NAMES) };
    case 'style':
      break;
  }
  return { kind, look: random.pick(STYLE_LOOK_NAMES) };
}
