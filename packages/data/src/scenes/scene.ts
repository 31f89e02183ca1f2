import type { Random } from '@rewardedit/core';
import type { Look } from './look.ts';
import {
  BACKGROUND_COLOUR_NAMES,
  SHAPE_COLOUR_NAMES,
  type BackgroundColour,
  type ShapeColour,
} from './palette.ts';

export const FORMS = ['circle', 'square', 'triangle'] as const;
export type Form = (typeof FORMS)[number];

export const CORNERS = ['top left', 'top right', 'bottom left', 'bottom right'] as const;
export type Corner = (typeof CORNERS)[number];

export const FILLS = ['plain', 'gradient', 'striped'] as const;
export type Fill = (typeof FILLS)[number];

export const TEXTURES = ['stripes', 'dots'] as const;
export type Texture = (typeof TEXTURES)[number];

/** Side of the square that scenes are laid out on, in scene units, at any drawn size. */
export const SCENE_UNITS = 32;

/** A shape in a corner of a scene; centre and radius in scene units. */
export type Shape = {
  readonly corner: Corner;
  readonly form: Form;
  readonly colour: ShapeColour;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly texture?: Texture;
};

/** Everything that a drawing depends on. At most one shape per corner. */
export type Scene = {
  readonly background: { readonly colour: BackgroundColour; readonly fill: Fill };
  readonly shapes: readonly Shape[];
  readonly look?: Look;
};

const SMALLEST_RADIUS = 4.8;
const LARGEST_RADIUS = 6.8;
const JITTER = 1.5;

/** Centre of a corner's quadrant, in scene units. */
export function cornerCentre(corner: Corner): { x: number; y: number } {
  return {
    x: (corner.endsWith('left') ? 0.25 : 0.75) * SCENE_UNITS,
    y: (corner.startsWith('top') ? 0.25 : 0.75) * SCENE_UNITS,
  };
}

/** Makes a random scene of one to three shapes in different corners; no two share both form and colour. */
export function randomScene(random: Random): Scene {
  const background = { colour: random.pick(BACKGROUND_COLOUR_NAMES), fill: random.pick(FILLS) };
  const taken = random.permutation(CORNERS.length).slice(0, 1 + random.integer(3));
  const corners = CORNERS.filter((_, position) => taken.includes(position));
  const shapes: Shape[] = [];
  for (const corner of corners) {
    let form: Form;
    let colour: ShapeColour;
    do {
      form = random.pick(FORMS);
      colour = random.pick(SHAPE_COLOUR_NAMES);
    } while (shapes.some((shape) => shape.form === form && shape.colour === colour));
    const centre = cornerCentre(corner);
    shapes.push({
      corner,
      form,
      colour,
      x: centre.x + JITTER * (2 * random.uniform() - 1),
      y: centre.y + JITTER * (2 * random.uniform() - 1),
      radius: SMALLEST_RADIUS + (LARGEST_RADIUS - SMALLEST_RADIUS) * random.uniform(),
    });
  }
  return { background, shapes };
}

/** Returns the shape in a corner; undefined if the corner is empty. */
export function shapeAt(scene: Scene, corner: Corner): Shape | undefined {
  return scene.shapes.find((shape) => shape.corner === corner);
}
