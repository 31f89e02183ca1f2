import { PERSPECTIVES } from '@rewardedit/core';
import type { Judge, Judgement, Measures } from '../judges/judge.ts';
import { preferenceName } from '../protocols/pair-question.ts';
import { PLACES } from '../protocols/protocol-file.ts';
import { judgePictures } from './oracle.ts';

/** Scores that differ by less are a tie: nobody would see the difference. */
const TIE = 0.1;

/**
 * Creates the oracle for pairs: it measures how far either edit is from the true one, and prefers the nearer one, in each perspective and
 * in their mean. It ignores the order, so its answers for both orders are equal.
 */
export function createPairOracle(): Judge {
  return {
    name: 'oracle',
    version: 'pairs-1',
    needsTruth: true,
    async judge(triplet): Promise<Judgement> {
      const [truth, original, edited, other] = await Promise.all([
        triplet.truth(),
        triplet.original(),
        triplet.edited(),
        triplet.other?.(),
      ]);
      if (truth === undefined) return { missing: 'the true edit is not known' };
      if (other === undefined) return { missing: 'there is no edit to compare with' };
      const own = judgePictures(original, edited, truth);
      const theirs = judgePictures(original, other, truth);
      if (own.reward === undefined) return { missing: own.missing };
      if (theirs.reward === undefined) return { missing: `the other edit: ${theirs.missing}` };
      const [scores, others] = [own, theirs].map(withOverall);
      return {
        reward: { scores: {}, feedback: {} },
        measures: Object.assign(
          {},
          ...Object.keys(scores).map((choice) => preferred(choice, scores[choice] - others[choice])),
        ) as Measures,
      };
    },
  };
}

function withOverall({ reward }: Judgement): Readonly<Record<string, number>> {
  const scores = PERSPECTIVES.map((name) => reward?.scores[name] ?? 0);
  const overall = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return { ...Object.fromEntries(PERSPECTIVES.map((name, at) => [name, scores[at]])), overall };
}

function preferred(choice: string, difference: number): Measures {
  const value = Math.abs(difference) < TIE ? 0.5 : difference > 0 ? 1 : 0;
  return Object.fromEntries(PLACES.map((place) => [preferenceName(choice, place), value]));
}
