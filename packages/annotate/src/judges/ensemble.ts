import { PERSPECTIVES, PERSPECTIVE_TITLES, type Perspective, type Reward } from '@rewardedit/core';
import { sumBy } from 'es-toolkit/math';
import { allEnded } from '../concurrency/all-ended.ts';
import { addSpent } from '../language-model/spending/spent.ts';
import type { Judge, Judgement, Measures } from './judge.ts';

/** A judge of an ensemble, and the weight of its scores for each perspective. */
export type Member = { readonly judge: Judge; readonly weights: Readonly<Record<Perspective, number>> };

/**
 * Creates a judge that combines several. A score is the weighted mean of the members' scores, its spread their weighted standard deviation.
 * There is a weight for each perspective, because a second judge may help with one and harm another. If a judge with a positive weight has
 * no score for a perspective, it stays missing: a mean over the other judges would be on another scale.
 *
 * @param version changes whenever a member or a weight does.
 */
export function createEnsemble(members: readonly Member[], version: string): Judge {
  return {
    name: 'ensemble',
    version,
    async judge(triplet, context) {
      const judgements = await allEnded(members.map(({ judge }) => judge.judge(triplet, context)));
      return combine(members, judgements);
    },
  };
}

function combine(members: readonly Member[], judgements: readonly Judgement[]): Judgement {
  const scores: Partial<Record<Perspective, number>> = {};
  const spread: Partial<Record<Perspective, number>> = {};
  const feedback: Partial<Record<Perspective, string>> = {};
  const missing: string[] = [];
  for (const name of PERSPECTIVES) {
    const counted = members.flatMap(({ judge, weights }, index) =>
      weights[name] > 0 ? [{ judge, weight: weights[name], judgement: judgements[index] }] : [],
    );
    const without = counted.filter(({ judgement }) => judgement.reward?.scores[name] === undefined);
    if (without.length > 0 || counted.length === 0) {
      const reasons = without.map(
        ({ judge, judgement }) => `${judge.name}: ${judgement.missing ?? 'no score'}`,
      );
      missing.push(`${PERSPECTIVE_TITLES[name]}: ${reasons.join(', ') || 'no judge has a weight for it'}`);
      continue;
    }
    const values = counted.map(({ weight, judgement: { reward } }) => ({
      weight,
      score: reward!.scores[name]!,
    }));
    const total = sumBy(values, ({ weight }) => weight);
    const mean = sumBy(values, ({ weight, score }) => weight * score) / total;
    scores[name] = mean;
    spread[name] = Math.sqrt(sumBy(values, ({ weight, score }) => weight * (score - mean) ** 2) / total);
    // The text of the judge with the largest weight that gave one.
    const texts = counted.filter(({ judgement }) => judgement.reward!.feedback[name] !== undefined);
    const [best] = texts.toSorted((a, b) => b.weight - a.weight);
    if (best !== undefined) feedback[name] = best.judgement.reward!.feedback[name]!;
  }
  const reason = missing.length === 0 ? undefined : missing.join('; ');
  const replies = judgements.flatMap((judgement) => judgement.replies ?? []);
  const took = judgements.flatMap((judgement) => judgement.spent ?? []);
  const spent = took.length === 0 ? {} : { spent: addSpent(took) };
  if (Object.keys(scores).length === 0) return { missing: reason!, replies, ...spent };
  const names = namesOf(members);
  const measures = Object.assign({}, ...judgements.map((each, at) => ownScores(each, names[at]))) as Measures;
  const reward: Reward = { scores, feedback, spread };
  const { kind } = judgements.find((judgement) => judgement.kind !== undefined) ?? {};
  return {
    reward,
    measures,
    ...spent,
    ...(kind !== undefined && { kind }),
    ...(reason !== undefined && { missing: reason, replies }),
  };
}

/** The members' names; equal ones, such as a model under two protocols, are numbered. */
function namesOf(members: readonly Member[]): string[] {
  const names = members.map(({ judge }) => judge.name);
  return names.map((name, at) => {
    const same = names.filter((each) => each === name).length;
    return same === 1 ? name : `${name}#${names.slice(0, at + 1).filter((each) => each === name).length}`;
  });
}

/** A member's scores as measures under its name, so that they can be combined differently later without asking again. */
export function ownScores({ reward }: Judgement, name: string): Measures {
  return Object.fromEntries(
    PERSPECTIVES.flatMap((perspective) => {
      const score = reward?.scores[perspective];
      return score === undefined ? [] : [[`${name}.${perspective}`, score]];
    }),
  );
}
