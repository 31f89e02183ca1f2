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

/** What edits can be made with besides the photo. */
export type EditMaterial = {
  readonly cutouts?: readonly Cutout[];
  readonly masks?: Readonly<Partial<Record<MaskedPart, Float32Array>>>;
};

/** A picture, an edit that is asked for, and the picture after it. */
export type AskedEdit = { readonly editable: Editable; readonly edit: PossibleEdit; readonly truth: Pixels };

/**
 * Chooses what is asked for. From a photo alone, it is one of the edits that are computed on any photo; with objects or masks, each
 * kind of edit is asked for equally often, with them where they can do it.
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
  // What is computed on any photo stands in for all that needs more; a texture on an object is not better than one all over.
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

/** Each run of as many triplets as there are kinds has every kind once, in an order of its own. */
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
 * The first edit that gives something visibly different from all pictures in `unlike`, and what it gives.
 * @throws RewardEditError 'bad-input' naming the photo where none does.
 */
export function firstVisible<Edit extends Pick<PossibleEdit, 'give'>>(
  edits: readonly Edit[],
  unlike: readonly Pixels[],
  editable: Pick<Editable, 'different'>,
  photoName: string,
): [Edit, Pixels] {
  const found = findVisible(edits, unlike, editable);
  if (found !== undefined) return found;
  throw new RewardEditError('bad-input', 'no edit can be seen on this photo', {
    where: photoName,
    hint: 'remove it from the folder',
  });
}
