import { PERSPECTIVES } from '@rewardedit/core';
import type { Limits, Scores } from './canary.ts';

/** What came of asking: a judge that refuses to answer has neither passed nor failed. */
export type Outcome = 'passed' | 'failed' | 'no answer' | 'not tried';

export type Verdict = {
  readonly outcome: Outcome;
  /** Why it is that; absent where it passed. */
  readonly reason?: string;
};

/** Floating-point sums such as 1.2 + 0.5 may be off by this. */
const ROUNDING = 1e-9;

/** Whether the scores are within the limits. All that is looked at has to be there, or there is no answer. */
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

/** To a tenth, or finer where a tenth would hide the difference. */
function shown(score: number): string {
  const fine = Math.round(score * 100) / 100;
  return Number.isInteger(fine * 10) ? fine.toFixed(1) : fine.toFixed(2);
}

/** What the outcomes with several triplets come to: those that were tried and answered decide. */
export function combineOutcomes(outcomes: readonly Outcome[], needs: 'all' | 'most'): Outcome {
  const count = (outcome: Outcome) => outcomes.filter((each) => each === outcome).length;
  const [passed, failed] = [count('passed'), count('failed')];
  if (passed + failed === 0) return count('no answer') > 0 ? 'no answer' : 'not tried';
  const enough = needs === 'all' ? failed === 0 : passed > failed;
  return enough ? 'passed' : 'failed';
}
