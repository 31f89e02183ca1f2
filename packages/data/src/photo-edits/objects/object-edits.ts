import type { EditKind, Random } from '@rewardedit/core';
import { blendPixels, clampPixels, type Pixels } from '../../pictures/pixels.ts';
import { REGION_LOOKS, type RegionLook } from '../region-looks.ts';
import {
  drawComposition,
  objectMask,
  PLACES,
  type Composition,
  type Place,
  type PlacedObject,
} from './composition.ts';
import { withIndefiniteArticle, type Cutout } from './cutout.ts';
import { otherColours, type ObjectColour } from './object-look.ts';

/** An edit of a photo with objects. Objects are identified by their place; no two have the same name. */
export type ObjectEdit =
  | { readonly name: 'add'; readonly place: Place; readonly cutout: Cutout }
  | { readonly name: 'remove'; readonly place: Place }
  | { readonly name: 'move'; readonly place: Place; readonly to: Place }
  | { readonly name: 'replace'; readonly place: Place; readonly cutout: Cutout }
  | { readonly name: 'recolour'; readonly place: Place; readonly colour: ObjectColour }
  | { readonly name: 'stripe'; readonly place: Place }
  | { readonly name: 'surroundings'; readonly place: Place; readonly look: RegionLook };

const KINDS: Readonly<Record<ObjectEdit['name'], EditKind>> = {
  add: 'add',
  remove: 'remove',
  move: 'local',
  replace: 'local',
  recolour: 'local',
  stripe: 'texture',
  surroundings: 'background',
};

export const objectEditKind = ({ name }: ObjectEdit): EditKind => KINDS[name];

/** Range of object sizes, as shares of the picture's height. An added or replacing object has the middle size. */
const SMALLEST = 0.4;
const LARGEST = 0.5;
const GROUND = 0.93;
const JITTER = 0.03;

/** Places an object as an instruction asks: in a fixed size at the centre of the place, so that there is a single right answer. */
function placed(cutout: Cutout, place: Place): PlacedObject {
  return { cutout, place, shift: 0, ground: GROUND, scale: (SMALLEST + LARGEST) / 2 };
}

/** Composes the photo with one or two objects that have different names. */
export function randomComposition(photo: Pixels, cutouts: readonly Cutout[], random: Random): Composition {
  const count = new Set(cutouts.map(({ name }) => name)).size > 1 ? 1 + random.integer(2) : 1;
  const taken = random.permutation(PLACES.length).slice(0, count);
  const objects: PlacedObject[] = [];
  for (const place of PLACES.filter((_, i) => taken.includes(i))) {
    const unused = cutouts.filter(({ name }) => objects.every((other) => other.cutout.name !== name));
    objects.push({
      cutout: random.pick(unused),
      place,
      shift: JITTER * (2 * random.uniform() - 1),
      ground: GROUND - 0.04 * random.uniform(),
      scale: SMALLEST + (LARGEST - SMALLEST) * random.uniform(),
    });
  }
  return { photo, objects };
}

/** Returns each kind of edit that a composition allows, once with random values, in random order. */
export function objectEdits(
  { objects }: Composition,
  cutouts: readonly Cutout[],
  random: Random,
): ObjectEdit[] {
  const free = PLACES.filter((place) => objects.every((object) => object.place !== place));
  const named = new Set(objects.map(({ cutout }) => cutout.name));
  const others = cutouts.filter(({ name }) => !named.has(name));
  const edits = objects.flatMap(({ place, cutout }): ObjectEdit[] => {
    const colours = otherColours(cutout);
    return [
      { name: 'remove', place },
      { name: 'move', place, to: random.pick(free) },
      { name: 'stripe', place },
      { name: 'surroundings', place, look: random.pick(Object.keys(REGION_LOOKS) as RegionLook[]) },
      ...(others.length > 0 ? [{ name: 'replace', place, cutout: random.pick(others) } as const] : []),
      ...(colours.length > 0 ? [{ name: 'recolour', place, colour: random.pick(colours) } as const] : []),
    ];
  });
  if (others.length > 0) edits.push({ name: 'add', place: random.pick(free), cutout: random.pick(others) });
  return random.shuffle(edits);
}

/** Draws the picture after the edit. */
export function drawObjectEdit(composition: Composition, edit: ObjectEdit): Pixels {
  if (edit.name === 'surroundings') {
    const pixels = drawComposition(composition);
    const mask = objectMask(pixels, objectAt(composition, edit.place)).map((inside) => 1 - inside);
    return clampPixels(blendPixels(pixels, REGION_LOOKS[edit.look].apply(pixels), 1, mask));
  }
  return drawComposition({ ...composition, objects: objectsAfter(composition, edit) });
}

function objectsAfter(
  { objects }: Composition,
  edit: Exclude<ObjectEdit, { name: 'surroundings' }>,
): readonly PlacedObject[] {
  const change = (to: (object: PlacedObject) => PlacedObject) =>
    objects.map((object) => (object.place === edit.place ? to(object) : object));
  switch (edit.name) {
    case 'add':
      return [...objects, placed(edit.cutout, edit.place)];
    case 'remove':
      return objects.filter(({ place }) => place !== edit.place);
    case 'move':
      return change((object) => ({ ...object, place: edit.to, shift: 0 }));
    case 'replace':
      return change(() => placed(edit.cutout, edit.place));
    case 'recolour':
      return change((object) => ({ ...object, colour: edit.colour }));
    case 'stripe':
      break;
  }
  return change((object) => ({ ...object, striped: true }));
}

function objectAt({ objects }: Composition, place: Place): PlacedObject {
  return objects.find((object) => object.place === place)!;
}

/** Lists all wordings of the edit. */
export function objectWordings(composition: Composition, edit: ObjectEdit): readonly string[] {
  if (edit.name === 'add') {
    const what = withIndefiniteArticle(edit.cutout.name);
    return [`add ${what} ${edit.place}`, `put ${what} ${edit.place}`, `place ${what} ${edit.place}`];
  }
  const what = `the ${objectAt(composition, edit.place).cutout.name}`;
  switch (edit.name) {
    case 'remove':
      return [`remove ${what}`, `take ${what} away`, `erase ${what}`];
    case 'move': {
      const where = edit.to.replace(/^(?:on|in) /, 'to ');
      return [`move ${what} ${where}`, `shift ${what} ${where}`, `put ${what} ${edit.to}`];
    }
    case 'replace': {
      const other = withIndefiniteArticle(edit.cutout.name);
      return [`replace ${what} with ${other}`, `turn ${what} into ${other}`, `swap ${what} for ${other}`];
    }
    case 'recolour':
      return [
        `make ${what} ${edit.colour}`,
        `paint ${what} ${edit.colour}`,
        `change the colour of ${what} to ${edit.colour}`,
      ];
    case 'stripe':
      return [`put dark stripes on ${what}`, `give ${what} dark stripes`, `paint dark stripes on ${what}`];
    case 'surroundings':
      break;
  }
  return REGION_LOOKS[edit.look].wordings(`everything but ${what}`);
}

/** Whether both edits change the same object, or put one in the same place. */
export function touchTheSame(a: ObjectEdit, b: ObjectEdit): boolean {
  return a.place === b.place;
}
