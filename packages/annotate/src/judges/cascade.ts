import { PERSPECTIVES } from '@rewardedit/core';
import { NOTHING_TAKEN, addSpent } from '../language-model/spending/spent.ts';
import { ownScores } from './ensemble.ts';
import type { Judge, Judgement } from './judge.ts';

/** A judge of a cascade, and when its answer stands. The answer of the last one always does. */
export type Stage = {
  readonly judge: Judge;
  /** The largest spread that any of its scores may have. */
  readonly spread?: number | undefined;
  /** The largest difference of any of its scores from that of the stage before. */
  readonly disagreement?: number | undefined;
};

/**
 * Creates a judge that asks its stages in order, cheap ones first: a stage's answer stands if it has all scores and is sure of them;
 * otherwise the next stage is asked. The reward is that of the stage asked last. The measure `cascade.stages` counts the stages asked; the
 * scores of the others are measures under their names, and `spent.stages` has what each stage took.
 *
 * @param version changes whenever a stage or its conditions do.
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
