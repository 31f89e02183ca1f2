import type { Random } from '@rewardedit/core';
import { BACKGROUND_COLOUR_NAMES, SHAPE_COLOUR_NAMES } from '../palette.ts';
import { TEXTURES, shapeAt, type Corner, type Scene } from '../scene.ts';
import { pickOther, type SceneEdit } from '../scene-edit.ts';
import type { SceneSplit } from '../scene-triplet.ts';
import { exclusions, relations, type Reference } from './reference.ts';
import { conditions, requests, steps, type ShapeEdit } from './wordings.ts';

/** A skill that an instruction requires besides understanding its words. */
export const SKILLS = ['relation', 'exclusion', 'counting', 'steps'] as const;
export type Skill = (typeof SKILLS)[number];

/** The edits that an instruction asks for, in order; none changes what another one touches. */
export interface Reasoned {
  readonly edits: readonly [SceneEdit, ...SceneEdit[]];
  readonly instruction: string;
}

const COUNTS = ['is one shape', 'are two shapes', 'are three shapes'];

/** Makes an instruction for each skill; undefined if the scene does not allow one. */
const MAKE: Readonly<
  Record<Skill, (scene: Scene, split: SceneSplit, random: Random) => Reasoned | undefined>
> = {
  relation: (scene, split, random) => ofShape(scene, relations(scene), split, random),
  exclusion: (scene, split, random) => ofShape(scene, exclusions(scene), split, random),

  counting(scene, split, random) {
    const asked = random.integer(COUNTS.length);
    const [one, other] = [recoloured(scene, random), recoloured(scene, random)];
    if (one.colour === other.colour) return undefined;
    const ask = (edit: typeof one) => random.pick(requests(edit, '', split));
    const instruction = random.pick(conditions(COUNTS[asked], ask(one), ask(other), split));
    return { edits: [scene.shapes.length === asked + 1 ? one : other], instruction };
  },

  steps(scene, split, random) {
    if (scene.shapes.length < 2) return undefined;
    const order = random.permutation(scene.shapes.length);
    const ask = (edit: ShapeEdit, corner: Corner) => random.pick(requests(edit, named(scene, corner), split));
    const [first, second] = order.slice(0, 2).map((at) => scene.shapes[at].corner);
    const one = shapeEdit(scene, first, random);
    const two = shapeEdit(scene, second, random);
    return { edits: [one, two], instruction: random.pick(steps(ask(one, first), ask(two, second), split)) };
  },
};

/**
 * Makes an instruction that requires a skill, and the edits it asks for; undefined if the scene does not allow one. The wordings of the
 * held-out split occur in no training set.
 */
export function reason(skill: Skill, scene: Scene, split: SceneSplit, random: Random): Reasoned | undefined {
  return MAKE[skill](scene, split, random);
}

function ofShape(
  scene: Scene,
  references: readonly Reference[],
  split: SceneSplit,
  random: Random,
): Reasoned | undefined {
  if (references.length === 0) return undefined;
  const { corner, words } = random.pick(references);
  const edit = shapeEdit(scene, corner, random);
  return { edits: [edit], instruction: random.pick(requests(edit, words, split)) };
}

/** Picks a visible edit of the shape in a corner. */
function shapeEdit(scene: Scene, corner: Corner, random: Random): ShapeEdit {
  const { colour } = shapeAt(scene, corner)!;
  return random.pick([
    { kind: 'local', corner, colour: pickOther(random, SHAPE_COLOUR_NAMES, colour) },
    { kind: 'remove', corner },
    { kind: 'texture', corner, texture: random.pick(TEXTURES) },
  ] as const);
}

function recoloured({ background }: Scene, random: Random) {
  const colour = pickOther(random, BACKGROUND_COLOUR_NAMES, background.colour);
  return { kind: 'background', colour } as const;
}

function named(scene: Scene, corner: Corner): string {
  const { colour, form } = shapeAt(scene, corner)!;
  return `the ${colour} ${form}`;
}
