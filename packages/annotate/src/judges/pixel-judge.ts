import { HIGHEST_SCORE, NOTHING_FAILED, PERSPECTIVES } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import { NOTHING_CHANGED } from '../protocols/rewrites.ts';
import type { Judge, Judgement } from './judge.ts';

/** The largest difference of a pixel's value, of 255, between pictures that look the same. */
const INVISIBLE = 2;

const UNCHANGED: Judgement = {
  reward: {
    scores: { following: 0, preserving: HIGHEST_SCORE, quality: HIGHEST_SCORE },
    feedback: { following: 'Nothing was changed.', preserving: NOTHING_FAILED, quality: NOTHING_FAILED },
  },
};

const ONE_COLOR: Judgement = {
  reward: {
    scores: Object.fromEntries(PERSPECTIVES.map((name) => [name, 0])),
    feedback: Object.fromEntries(
      PERSPECTIVES.map((name) => [name, 'The edited picture is of a single color.']),
    ),
  },
};

/**
 * Creates the first stage of a cascade, which answers without a call if the pixels alone determine all three scores. It knows two cases.
 *
 * - Nothing was changed: no value of a pixel differs by more than 2 of 255. Nothing was followed, everything is preserved, and there is no
 *   flaw that the original lacks. Not if the instruction asks for no change.
 * - The edited picture has a single color and the original does not, as when a generator's filter blacks it out.
 *
 * A picture that cannot be decoded sets the triplet aside (`bad-input`), before a model is paid for it.
 */
export function createPixelJudge(): Judge {
  return {
    name: 'pixels',
    version: '1',
    async judge({ triplet, original: readOriginal, edited: readEdited }): Promise<Judgement> {
      const [original, edited] = await Promise.all([readOriginal(), readEdited()]);
      const asksForChange = triplet.instruction.trim().toLowerCase() !== NOTHING_CHANGED;
      if (asksForChange && isAlike(original, edited)) return UNCHANGED;
      if (isOfOneColor(edited) && !isOfOneColor(original)) return ONE_COLOR;
      return { missing: 'the pixels alone do not tell' };
    },
  };
}

function isAlike(a: Picture, b: Picture): boolean {
  if (a.width !== b.width || a.height !== b.height) return false;
  return a.data.every((value, at) => Math.abs(value - b.data[at]) <= INVISIBLE);
}

/** Whether all pixels look like the first one. */
function isOfOneColor({ data }: Picture): boolean {
  return data.every((value, at) => Math.abs(value - data[at % 3]) <= INVISIBLE);
}
