import type { Random } from '@rewardedit/core';
import { withArticle } from './describe-scene.ts';
import type { Look } from './look.ts';
import { shapeAt, type Corner, type Scene } from './scene.ts';
import type { SceneEdit } from './scene-edit.ts';

const LOOK_WORDINGS: Readonly<Record<Look, readonly string[]>> = {
  night: ['make it night', 'turn it into a night scene', 'change the time to night', 'show it at night'],
  warm: ['make it warm', 'give it a warm light', 'make the light warm', 'turn the light warm'],
  cold: ['make it cold', 'give it a cold light', 'make the light cold', 'turn the light cold'],
  bright: ['make it bright', 'give it a bright light', 'make the light bright', 'turn the light bright'],
  'black and white': [
    'make it black and white',
    'turn it into a black and white picture',
    'change it to black and white',
  ],
  sepia: ['make it sepia', 'turn it into a sepia picture', 'change it to sepia', 'give it a sepia tone'],
  negative: [
    'make it a negative',
    'turn it into a negative',
    'change it to a negative',
    'invert the colours',
  ],
  'blue and white': [
    'make it blue and white',
    'turn it into a blue and white picture',
    'change it to blue and white',
  ],
};

/** Names the shape in a corner: "the red circle". */
function named(scene: Scene, corner: Corner): string {
  const shape = shapeAt(scene, corner)!;
  return `the ${shape.colour} ${shape.form}`;
}

/** Lists all wordings of an edit: at most ten words each, and each names everything the edit depends on. */
export function wordings(scene: Scene, edit: SceneEdit): readonly string[] {
  switch (edit.kind) {
    case 'local': {
      const shape = named(scene, edit.corner);
      return [
        `make ${shape} ${edit.colour}`,
        `turn ${shape} ${edit.colour}`,
        `paint ${shape} ${edit.colour}`,
        `change ${shape} to ${edit.colour}`,
      ];
    }
    case 'remove': {
      const shape = named(scene, edit.corner);
      return [`remove ${shape}`, `delete ${shape}`, `erase ${shape}`, `take ${shape} away`];
    }
    case 'add': {
      const shape = withArticle(`${edit.colour} ${edit.form}`);
      return [
        `add ${shape} in the ${edit.corner} corner`,
        `put ${shape} in the ${edit.corner} corner`,
        `draw ${shape} in the ${edit.corner} corner`,
        `place ${shape} in the ${edit.corner} corner`,
      ];
    }
    case 'texture': {
      const shape = named(scene, edit.corner);
      return [
        `add dark ${edit.texture} to ${shape}`,
        `put dark ${edit.texture} on ${shape}`,
        `draw dark ${edit.texture} on ${shape}`,
        `give ${shape} dark ${edit.texture}`,
      ];
    }
    case 'background':
      return [
        `make the background ${edit.colour}`,
        `turn the background ${edit.colour}`,
        `paint the background ${edit.colour}`,
        `change the background to ${edit.colour}`,
      ];
    case 'global':
    case 'style':
      break;
  }
  return LOOK_WORDINGS[edit.look];
}

/** Picks a wording of the edit. */
export function randomInstruction(scene: Scene, edit: SceneEdit, random: Random): string {
  return random.pick(wordings(scene, edit));
}

/** Describes what an edit did, as a clause: "the red circle was made blue". */
export function reportEdit(scene: Scene, edit: SceneEdit): string {
  switch (edit.kind) {
    case 'local':
      return `${named(scene, edit.corner)} was made ${edit.colour}`;
    case 'remove':
      return `${named(scene, edit.corner)} was removed`;
    case 'add':
      return `${withArticle(`${edit.colour} ${edit.form}`)} was added in the ${edit.corner} corner`;
    case 'texture':
      return `${named(scene, edit.corner)} got dark ${edit.texture}`;
    case 'background':
      return `the background was made ${edit.colour}`;
    case 'global':
    case 'style':
      break;
  }
  return `the picture was made ${edit.look === 'negative' ? 'a negative' : edit.look}`;
}
