import type { EditKind, Random } from '@rewardedit/core';
import type { QualityFault } from '../faults/quality-fault.ts';
import { changedShare, type Pixels } from '../pictures/pixels.ts';
import {
  allEdits,
  applyChosenEdit,
  mistakesFor,
  photoWordings,
  visiblyDifferent,
  type ChosenEdit,
} from './chosen-edit.ts';
import { drawComposition, type Composition } from './objects/composition.ts';
import { withIndefiniteArticle, type Cutout } from './objects/cutout.ts';
import {
  drawObjectEdit,
  objectEditKind,
  objectEdits,
  objectWordings,
  randomComposition,
  touchTheSame,
  type ObjectEdit,
} from './objects/object-edits.ts';
import { isClear, type MaskedPart } from './masks.ts';
import { maskedEdits } from './masked-edits.ts';
import { PHOTO_EDITS } from './photo-edits.ts';

/** An edit of one picture that may be requested, or made by mistake. */
export type PossibleEdit = {
  readonly kind: EditKind;
  /** All wordings. */
  readonly wordings: readonly string[];
  /** Computes the picture after the edit, 0 to 1. */
  readonly give: () => Pixels;
  /** The fault that has the same effect as this edit. */
  readonly like?: QualityFault;
  /** Set for an edit that can be computed on any photo. */
  readonly computed?: ChosenEdit;
};

/** A picture and the possible edits of it. */
export type Editable = {
  readonly original: Pixels;
  /** What was added to the photo: "with a toucan on the left"; empty if nothing. */
  readonly shows: string;
  /** Possible edits, in random order. */
  readonly edits: readonly PossibleEdit[];
  /** Lists what may be done by mistake instead of an edit, likeliest first. */
  readonly mistakesFor: (edit: PossibleEdit, random: Random) => readonly PossibleEdit[];
  /** Whether people would see a difference between two pictures. */
  readonly different: (a: Pixels, b: Pixels) => boolean;
};

/** Faults with the same effect as an edit, which are not faults of that edit. */
const LIKE: Readonly<Record<string, QualityFault>> = { blur: 'blur', pixelate: 'blocks' };

/** Offers the edits that can be computed on any photo. */
export function editablePhoto(photo: Pixels, random: Random): Editable {
  const possible = (computed: ChosenEdit): PossibleEdit => ({
    kind: PHOTO_EDITS[computed.name].kind,
    wordings: photoWordings(computed),
    give: () => applyChosenEdit(photo, computed),
    computed,
    ...(LIKE[computed.name] !== undefined && { like: LIKE[computed.name] }),
  });
  return {
    original: photo,
    shows: '',
    edits: allEdits(random).map(possible),
    mistakesFor: ({ computed }, faultRandom) => mistakesFor(computed!, faultRandom).map(possible),
    different: visiblyDifferent,
  };
}

/** An edit of a part is visible if this share of the picture changes by at least this much (0 to 1). */
const PART_SHARE = 0.02;
const PART_DIFFERENCE = 0.1;
const differsInPart = (a: Pixels, b: Pixels) =>
  visiblyDifferent(a, b) || changedShare(a, b, PART_DIFFERENCE) >= PART_SHARE;

/** Puts objects into a photo and offers the edits of them. */
export function editableComposition(photo: Pixels, cutouts: readonly Cutout[], random: Random): Editable {
  const composition: Composition = randomComposition(photo, cutouts, random);
  const edits = new Map<PossibleEdit, ObjectEdit>();
  const possible = (edit: ObjectEdit): PossibleEdit => {
    const one: PossibleEdit = {
      kind: objectEditKind(edit),
      wordings: objectWordings(composition, edit),
      give: () => drawObjectEdit(composition, edit),
      ...(edit.name === 'surroundings' && edit.look === 'blurred' && { like: 'blur' as const }),
    };
    edits.set(one, edit);
    return one;
  };
  const all = (from: Random) => objectEdits(composition, cutouts, from).map(possible);
  const shown = composition.objects.map(
    ({ cutout, place }) => `${withIndefiniteArticle(cutout.name)} ${place}`,
  );
  return {
    original: drawComposition(composition),
    shows: ` with ${shown.join(' and ')}`,
    edits: all(random),
    mistakesFor: (edit, faultRandom) => {
      const asked = edits.get(edit)!;
      const mistakes = all(faultRandom);
      // The likeliest mistake is the same edit of another object, then another edit of the same one.
      const likeness = (one: PossibleEdit) => {
        const { name } = edits.get(one)!;
        return Number(name !== asked.name) + Number(!touchTheSame(edits.get(one)!, asked));
      };
      return mistakes.sort((a, b) => likeness(a) - likeness(b));
    },
    different: differsInPart,
  };
}

/** Offers edits of the parts that masks separate; undefined if no mask is clear. */
export function editableParts(
  photo: Pixels,
  masks: Readonly<Partial<Record<MaskedPart, Float32Array>>>,
  random: Random,
): Editable | undefined {
  const clear = Object.entries(masks).filter(([, mask]) => isClear(mask)) as [MaskedPart, Float32Array][];
  if (clear.length === 0) return undefined;
  const all = (from: Random) => from.shuffle(clear.flatMap(([part, mask]) => maskedEdits(photo, part, mask)));
  return {
    original: photo,
    shows: '',
    edits: all(random),
    mistakesFor: (edit, faultRandom) =>
      all(faultRandom).filter(({ wordings }) => wordings[0] !== edit.wordings[0]),
    different: differsInPart,
  };
}
