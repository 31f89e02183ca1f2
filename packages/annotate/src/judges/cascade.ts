import { PERSPECTIVES } from '@rewardedit/core';
import { NOTHING_TAKEN, addSpent } from '../language-model/spending/spent.ts';
import { ownScores } from './ensemble.ts';
import type { Judge, Judgement } from './judge.ts';

/** A judge of a cascade, and when its answer is not passed on to the next one. The last one's answer always stands. */
export type Stage = {
  readonly judge: Judge;
  /** The largest spread that any of its scores may have. */
  readonly spread?: number | undefined;
  /** The most that any of its scores may differ from that of the stage before. */
  readonly disagreement?: number | undefined;
};

/**
 * Judges that are asked one after the other, the cheap ones first: a stage's answer stands where it has all scores and is sure of them,
 * and else the next stage is asked. The reward is that of the stage that was asked last. How many were asked is the measure
 * `cascade.stages`; the scores of the others are measures under their names, and what each stage took is in `spent.stages`.
 *
 * @param version changes whenever a stage or what it takes to be sure does.
 */
export function createCascade(stages: readonly Stage[], version: string): Judge {
  return {
    name: 'cascade',
    version,
    async judge(triplet, context) {
      const asked: Judgement[] = [];
      for (const stage of stages) {
        const judgement = await stage.judge.judge(triplet, context);
        if (isSure(stage, judgement, asked.at(-1))) return conclude(stages, [...asked, judgement]);
        asked.push(judgement);
      }
      return conclude(stages, asked);
    },
  };
}

function isSure(
  { spread, disagreement }: Stage,
  { reward, missing }: Judgement,
  before: Judgement | undefined,
): boolean {
  if (reward === undefined || missing !== undefined) return false;
  return PERSPECTIVES.every((name) => {
    const score = reward.scores[name];
    if (score === undefined) return false;
    const earlier = before?.reward?.scores[name];
    const isAgreed =
      disagreement === undefined || (earlier !== undefined && Math.abs(score - earlier) <= disagreement);
    return isAgreed && (spread === undefined || (reward.spread?.[name] ?? Infinity) <= spread);
  });
}

function conclude(stages: readonly Stage[], asked: readonly Judgement[]): Judgement {
  const last = asked.at(-1)!;
  const replies = asked.flatMap((judgement) => judgement.replies ?? []);
  const took = asked.map(({ spent = NOTHING_TAKEN }, at) => ({ judge: stages[at].judge.name, ...spent }));
  const spent = { ...addSpent(took), stages: took };
  if (last.reward === undefined) return { ...last, replies, spent };
  const others = asked
    .slice(0, -1)
    .map((judgement, at) => ownScores(judgement, `${at + 1}:${stages[at].judge.name}`));
  return {
    ...last,
    measures: { ...last.measures, ...Object.assign({}, ...others), 'cascade.stages': asked.length },
    spent,
    ...(replies.length > 0 && { replies }),
  };
}
