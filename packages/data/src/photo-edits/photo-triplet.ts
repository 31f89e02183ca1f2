import { RewardEditError, createRandom, type Random } from '@rewardedit/core';
import { staysTrueWhenFlipped } from '../dataset/flipping.ts';
import type { MadeTriplet } from '../dataset/made-triplet.ts';
import { faultsOf } from '../faults/fault.ts';
import { FAULT_RATE, planFaults } from '../faults/fault-plan.ts';
import { QUALITY_FAULTS, spoilVisibly, type QualityFault } from '../faults/quality-fault.ts';
import type { Picture } from '../pictures/picture.ts';
import { blendPixels, toPicture, toPixels, type Pixels } from '../pictures/pixels.ts';
import { resizePicture } from '../pictures/resize-picture.ts';
import {
  allEdits,
  applyChosenEdit,
  mistakesFor,
  photoWordings,
  unrelatedEdits,
  visiblyDifferent,
  type ChosenEdit,
} from './chosen-edit.ts';
import { PHOTO_EDITS } from './photo-edits.ts';

export type PhotoEditOptions = {
  /** Pixels a side; 64 unless told. */
  readonly size?: number;
  /** Share of triplets with at least one fault; 0.6 unless told. The crops and instructions do not depend on it. */
  readonly faultRate?: number;
};

export const PHOTO_SIZE = 64;

/** An unrelated edit in a part of the picture costs one point less than one all over it. */
const PART_DISCOUNT = 1;

// A fault that does what the edit is meant to do would be no fault.
const QUALITY_FAULT_LIKE_EDIT: Readonly<Record<string, QualityFault>> = { blur: 'blur', pixelate: 'blocks' };

/**
 * Makes triplet number `index` from a decoded photo: a random square of it, an instruction, the square after the edit
 * (`truth`), and the edited picture as given, which may have known faults. It depends on the photo, seed, index and
 * options only. `photoName` says in the description and in errors which photo it is.
 */
export async function photoTriplet(
  photo: Picture,
  photoName: string,
  seed: number,
  index: number,
  options: PhotoEditOptions = {},
): Promise<MadeTriplet> {
  const { size = PHOTO_SIZE, faultRate = FAULT_RATE } = options;
  const random = createRandom(seed, 'photo-edits', index);
  const picture = await resizePicture(
    photo,
    { width: size, height: size },
    randomSquare(photo, size, random),
  );
  const original = toPixels(picture);
  const editOriginal = (edit: ChosenEdit) => applyChosenEdit(original, edit);
  const [edit, truth] = firstVisible(allEdits(random), editOriginal, [original], photoName);
  const instruction = random.pick(photoWordings(edit));
  const faultRandom = createRandom(seed, 'photo-faults', index);
  const { edited, faults } = spoil(original, truth, edit, faultRate, faultRandom, photoName);
  return {
    triplet: {
      id: `photo-${seed}-${String(index).padStart(6, '0')}`,
      instruction,
      kind: PHOTO_EDITS[edit.name].kind,
      description: `a part of the photo ${photoName}`,
      faults,
      flippable: staysTrueWhenFlipped(instruction),
    },
    pictures: { original: picture, edited: toPicture(edited), truth: toPicture(truth) },
  };
}

/** A random square of at least half the shorter side, and of at least `size` pixels where the photo has them. */
function randomSquare(photo: Picture, size: number, random: Random) {
  const longest = Math.min(photo.width, photo.height);
  const shortest = Math.max(Math.ceil(longest / 2), Math.min(size, longest));
  const side = shortest + random.integer(longest - shortest + 1);
  const left = random.integer(photo.width - side + 1);
  const top = random.integer(photo.height - side + 1);
  return { left, top, width: side, height: side };
}

/** The first edit for which `give` gives something visibly different from all pictures in `unlike`, and what it gives. */
function firstVisible(
  edits: readonly ChosenEdit[],
  give: (edit: ChosenEdit) => Pixels,
  unlike: readonly Pixels[],
  photoName: string,
): [ChosenEdit, Pixels] {
  for (const edit of edits) {
    const given = give(edit);
    if (unlike.every((other) => visiblyDifferent(given, other))) return [edit, given];
  }
  throw new RewardEditError('bad-input', 'no edit can be seen on this photo', {
    where: photoName,
    hint: 'remove it from the folder',
  });
}

function spoil(
  original: Pixels,
  truth: Pixels,
  edit: ChosenEdit,
  faultRate: number,
  random: Random,
  photoName: string,
) {
  const like = QUALITY_FAULT_LIKE_EDIT[edit.name];
  let plan = planFaults(
    random,
    faultRate,
    QUALITY_FAULTS.filter((fault) => fault !== like),
  );
  const editOriginal = (edit: ChosenEdit) => applyChosenEdit(original, edit);
  const [mistake, wrong] = firstVisible(
    mistakesFor(edit, random),
    editOriginal,
    [original, truth],
    photoName,
  );

  const bases = { none: truth, ignored: original, wrong, half: blendPixels(original, truth, 0.5) };
  const base = bases[plan.following ?? 'none'];
  let edited = base;
  let besides = '';
  if (plan.preserving !== undefined) {
    const { strength, degree } = plan.preserving;
    const part = random.uniform() < 0.5 ? randomPart(base, random) : undefined;
    const disturb = (edit: ChosenEdit) => blendPixels(base, applyChosenEdit(base, edit), strength, part);
    const [unrelated, disturbed] = firstVisible(
      unrelatedEdits([edit, mistake], random),
      disturb,
      [base],
      photoName,
    );
    edited = disturbed;
    besides = `in ${part === undefined ? 'the whole picture' : 'one part'} "${photoWordings(unrelated)[0]}" was done`;
    if (part !== undefined) plan = { ...plan, preserving: { strength, degree: degree - PART_DISCOUNT } };
  }
  if (plan.quality !== undefined) {
    const { degree } = plan.quality;
    const spoilt = spoilVisibly(edited, plan.quality.fault, degree, random);
    edited = spoilt.pixels;
    plan = { ...plan, quality: { fault: spoilt.fault, degree } };
  }
  return { edited, faults: faultsOf(plan, { instead: `"${photoWordings(mistake)[0]}" was done`, besides }) };
}

/** A mask that is 1 in a random rectangle of half to four fifths of each side. */
function randomPart(pixels: Pixels, random: Random): Float32Array {
  const range = (length: number) => {
    const part = Math.round(length * (0.5 + 0.3 * random.uniform()));
    const start = random.integer(length - part + 1);
    return { start, end: start + part };
  };
  const across = range(pixels.width);
  const down = range(pixels.height);
  const mask = new Float32Array(pixels.width * pixels.height);
  for (let y = down.start; y < down.end; y++)
    mask.fill(1, y * pixels.width + across.start, y * pixels.width + across.end);
  return mask;
}
