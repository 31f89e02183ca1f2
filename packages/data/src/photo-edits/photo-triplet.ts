import { createRandom, type Random } from '@rewardedit/core';
import { staysTrueWhenFlipped } from '../dataset/flipping.ts';
import type { MadeTriplet } from '../dataset/made-triplet.ts';
import { faultsOf } from '../faults/fault.ts';
import { FAULT_RATE, planFaults } from '../faults/fault-plan.ts';
import { QUALITY_FAULTS, spoilVisibly } from '../faults/quality-fault.ts';
import type { Picture } from '../pictures/picture.ts';
import { blendPixels, toPicture, toPixels, type Pixels } from '../pictures/pixels.ts';
import { resizePicture, type CropBox } from '../pictures/resize-picture.ts';
import { applyChosenEdit, photoWordings, unrelatedEdits, visiblyDifferent } from './chosen-edit.ts';
import { chooseEdit, firstVisible, type AskedEdit } from './choose-edit.ts';
import { maskWeights, type MaskedPart } from './masks.ts';
import type { Cutout } from './objects/cutout.ts';
import { editablePhoto } from './possible-edit.ts';

export type PhotoEditOptions = {
  /** Side length in pixels; 64 by default. */
  readonly size?: number;
  /** Share of triplets with at least one fault; 0.6 by default. Does not affect crops and instructions. */
  readonly faultRate?: number;
  /** Objects to put into the photo. With objects or masks, all seven kinds of edits have equal shares. */
  readonly cutouts?: readonly Cutout[];
  /** Masks of parts of the photo: grey pictures in its proportions, white where the part is. */
  readonly masks?: Readonly<Partial<Record<MaskedPart, Picture>>>;
};

export const PHOTO_SIZE = 64;

/** An unrelated edit of a part of the picture costs one point less than one of all of it. */
const PART_DISCOUNT = 1;

/**
 * Makes triplet number `index` from a decoded photo: a random square of it, an instruction, the square after the edit (`truth`), and the
 * edited picture, which may have known faults. It depends only on the photo, seed, index and options. `photoName` names the photo in the
 * description and in errors.
 */
export async function photoTriplet(
  photo: Picture,
  photoName: string,
  seed: number,
  index: number,
  options: PhotoEditOptions = {},
): Promise<MadeTriplet> {
  const { size = PHOTO_SIZE, faultRate = FAULT_RATE, cutouts } = options;
  const random = createRandom(seed, 'photo-edits', index);
  const square = randomSquare(photo, size, random);
  const part = await resizePicture(photo, { width: size, height: size }, square);
  const masks = options.masks && (await masksOf(options.masks, photo, square, size));
  const material = { ...(cutouts && { cutouts }), ...(masks && { masks }) };
  const asked = chooseEdit(toPixels(part), material, { seed, index, photoName }, random);
  const { editable, edit, truth } = asked;
  const instruction = random.pick(edit.wordings);
  const faultRandom = createRandom(seed, 'photo-faults', index);
  const { edited, faults } = spoil(asked, faultRate, faultRandom, photoName);
  return {
    triplet: {
      id: `photo-${seed}-${String(index).padStart(6, '0')}`,
      instruction,
      kind: edit.kind,
      description: `a part of the photo ${photoName}${editable.shows}`,
      faults,
      flippable: staysTrueWhenFlipped(instruction),
    },
    pictures: {
      original: toPicture(editable.original),
      edited: toPicture(edited),
      truth: toPicture(truth),
    },
  };
}

/** Crops the masks to a square of the photo, one weight per pixel. */
async function masksOf(
  masks: NonNullable<PhotoEditOptions['masks']>,
  photo: Picture,
  square: CropBox,
  size: number,
): Promise<Partial<Record<MaskedPart, Float32Array>>> {
  const cut = async ([part, mask]: [string, Picture]) => {
    const across = mask.width / photo.width;
    const down = mask.height / photo.height;
    const left = Math.min(mask.width - 1, Math.round(square.left * across));
    const top = Math.min(mask.height - 1, Math.round(square.top * down));
    const box = {
      left,
      top,
      width: Math.max(1, Math.min(mask.width - left, Math.round(square.width * across))),
      height: Math.max(1, Math.min(mask.height - top, Math.round(square.height * down))),
    };
    return [part, maskWeights(await resizePicture(mask, { width: size, height: size }, box))] as const;
  };
  return Object.fromEntries(await Promise.all(Object.entries(masks).map(cut)));
}

/** Picks a random square of at least half the shorter side, and of at least `size` pixels if the photo is large enough. */
function randomSquare(photo: Picture, size: number, random: Random) {
  const longest = Math.min(photo.width, photo.height);
  const shortest = Math.max(Math.ceil(longest / 2), Math.min(size, longest));
  const side = shortest + random.integer(longest - shortest + 1);
  const left = random.integer(photo.width - side + 1);
  const top = random.integer(photo.height - side + 1);
  return { left, top, width: side, height: side };
}

function spoil({ editable, edit, truth }: AskedEdit, faultRate: number, random: Random, photoName: string) {
  const { original } = editable;
  let plan = planFaults(
    random,
    faultRate,
    QUALITY_FAULTS.filter((fault) => fault !== edit.like),
  );
  const unlike = [original, truth];
  // If no similar edit is visible, another edit was made.
  const mistakes = editable.mistakesFor(edit, random);
  const far = edit.computed === undefined ? editablePhoto(original, random).edits : [];
  const [mistake, wrong] = firstVisible([...mistakes, ...far], unlike, editable, photoName);

  const bases = { none: truth, ignored: original, wrong, half: blendPixels(original, truth, 0.5) };
  const base = bases[plan.following ?? 'none'];
  let edited = base;
  let besides = '';
  if (plan.preserving !== undefined) {
    const { strength, degree } = plan.preserving;
    const part = random.uniform() < 0.5 ? randomPart(base, random) : undefined;
    const done = [edit.computed, mistake.computed].filter((computed) => computed !== undefined);
    const unrelatedOnes = unrelatedEdits(done, random).map((computed) => ({
      ...computed,
      give: () => blendPixels(base, applyChosenEdit(base, computed), strength, part),
    }));
    const [unrelated, disturbed] = firstVisible(
      unrelatedOnes,
      [base],
      { different: visiblyDifferent },
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
  return { edited, faults: faultsOf(plan, { instead: `"${mistake.wordings[0]}" was done`, besides }) };
}

/** Makes a mask that is 1 in a random rectangle of half to four fifths of each side. */
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
