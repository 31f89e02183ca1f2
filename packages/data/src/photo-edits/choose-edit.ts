import { EDIT_KINDS, RewardEditError, createRandom, type EditKind, type Random } from '@rewardedit/core';
import type { Pixels } from '../pictures/pixels.ts';
import type { MaskedPart } from './masks.ts';
import type { Cutout } from './objects/cutout.ts';
import {
  editableComposition,
  editableParts,
  editablePhoto,
  type Editable,
  type PossibleEdit,
} from './possible-edit.ts';

/** What edits can use besides the photo. */
export type EditMaterial = {
  readonly cutouts?: readonly Cutout[];
  readonly masks?: Readonly<Partial<Record<MaskedPart, Float32Array>>>;
};

/** A picture, the requested edit, and the picture after it. */
export type AskedEdit = { readonly editable: Editable; readonly edit: PossibleEdit; readonly truth: Pixels };

/**
 * Chooses the requested edit. Without objects and masks, it is one of the edits that can be computed on any photo; with them, each kind of
 * edit is equally frequent and uses them if it can.
 */
export function chooseEdit(
  photo: Pixels,
  { cutouts, masks }: EditMaterial,
  where: { readonly seed: number; readonly index: number; readonly photoName: string },
  random: Random,
): AskedEdit {
  if (cutouts === undefined && masks === undefined) {
    const editable = editablePhoto(photo, random);
    return asked(editable, firstVisible(editable.edits, [editable.original], editable, where.photoName));
  }
  const kind = kindOf(where.seed, where.index);
  const computed = editablePhoto(photo, random);
  const withObjects = cutouts && editableComposition(photo, cutouts, random);
  const withMasks = masks && editableParts(photo, masks, random);
  const made = [withObjects, withMasks].filter((editable) => editable !== undefined);
  // Edits of any photo stand in for the kinds that need more. A texture on an object is no better than one all over.
  const sources =
    kind === 'texture' ? random.shuffle([...made, computed]) : [...random.shuffle(made), computed];
  for (const editable of sources) {
    const edits = editable.edits.filter((edit) => edit.kind === kind);
    const found = findVisible(edits, [editable.original], editable);
    if (found !== undefined) return asked(editable, found);
  }
  return asked(computed, firstVisible(computed.edits, [photo], computed, where.photoName));
}

function asked(editable: Editable, [edit, truth]: [PossibleEdit, Pixels]): AskedEdit {
  return { editable, edit, truth };
}

/** Picks a kind such that each block of as many triplets as there are kinds has every kind once, in random order. */
function kindOf(seed: number, index: number): EditKind {
  const run = Math.floor(index / EDIT_KINDS.length);
  const order = createRandom(seed, 'photo-kinds', run).permutation(EDIT_KINDS.length);
  return EDIT_KINDS[order[index % EDIT_KINDS.length]];
}

function findVisible<Edit extends Pick<PossibleEdit, 'give'>>(
  edits: readonly Edit[],
  unlike: readonly Pixels[],
  { different }: Pick<Editable, 'different'>,
): [Edit, Pixels] | undefined {
  for (const edit of edits) {
    const given = edit.give();
    if (unlike.every((other) => different(given, other))) return [edit, given];
  }
  return undefined;
}

/**
 * Returns the first edit whose result is visibly different from all pictures in `unlike`, and the result. Throws 'bad-input' naming the
 * photo if there is none.
 */
export function firstVisible<Edit extends Pick<PossibleEdit, 'give'>>(
  edits: readonly Edit[],
  unlike: readonly Pixels[],
  editable: Pick<Editable, 'different'>,
  photoName: string,
): [Edit, Pixels] {
  const found = findVisible(edits, unlike, editable);
  if (found !== undefined) return found;
  throw new RewardEditError('bad-input', 'no edit is visible on this photo', {
    where: photoName,
    hint: 'remove it from the folder',
  });
}
