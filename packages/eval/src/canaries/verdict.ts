import { PERSPECTIVES } from '@rewardedit/core';
import type { Limits, Scores } from './canary.ts';

/** The outcome of a canary: a judge that refuses to answer has neither passed nor failed. */
export type Outcome = 'passed' | 'failed' | 'no answer' | 'not tried';

export type Verdict = {
  readonly outcome: Outcome;
  /** The reason for the outcome; absent if it passed. */
  readonly reason?: string;
};

/** Tolerance for floating-point sums such as 1.2 + 0.5. */
const ROUNDING = 1e-9;

/** Checks scores against limits. A missing score that is needed means 'no answer'. */
export function judgeScores(scores: Scores, limits: Limits): Verdict {
  const looked = PERSPECTIVES.flatMap((name) => {
    const { [name]: limit } = limits;
    return limit === undefined ? [] : [{ name, score: scores[name], ...limit }];
  });
  const missing = looked.filter(({ score }) => score === undefined).map(({ name }) => name);
  if (missing.length > 0) return { outcome: 'no answer', reason: `no score for ${missing.join(', ')}` };
  const wrong = looked.flatMap(({ name, score = Number.NaN, least = 0, most = 5 }) => {
    if (score < least - ROUNDING) return [`${name} ${shown(score)} is below ${shown(least)}`];
    if (!(score <= most + ROUNDING)) return [`${name} ${shown(score)} is above ${shown(most)}`];
    return [];
  });
  return wrong.length === 0 ? { outcome: 'passed' } : { outcome: 'failed', reason: wrong.join(', ') };
}

/** With one decimal, or two if one would hide the difference. */
function shown(score: number): string {
  const fine = Math.round(score * 100) / 100;
  return Number.isInteger(fine * 10) ? fine.toFixed(1) : fine.toFixed(2);
}

/** Combines the outcomes of several triplets; only those that were tried and answered count. */
export function combineOutcomes(outcomes: readonly Outcome[], needs: 'all' | 'most'): Outcome {
  const count = (outcome: Outcome) => outcomes.filter((each) => each === outcome).length;
  const [passed, failed] = [count('passed'), count('failed')];
  if (passed + failed === 0) return count('no answer') > 0 ? 'no answer' : 'not tried';
  const enough = needs === 'all' ? failed === 0 : passed > failed;
  return enough ? 'passed' : 'failed';
}
