import { HUMAN } from '@rewardedit/annotate';
import { PERSPECTIVES, type Reward } from '@rewardedit/core';
import type { Change } from './protocol.ts';

/** Applies a change to a person's reward; no scores and texts remain once everything is withdrawn. */
export function applyChange(
  correction: Pick<Reward, 'scores' | 'feedback'> | undefined,
  { perspectives }: Pick<Change, 'perspectives'>,
): Reward {
  const scores = { ...correction?.scores };
  const feedback = { ...correction?.feedback };
  for (const name of PERSPECTIVES) {
    const { score, feedback: text } = perspectives[name] ?? {};
    if (score === null) delete scores[name];
    else if (score !== undefined) scores[name] = score;
    if (text === null || text?.trim() === '') delete feedback[name];
    else if (text !== undefined) feedback[name] = text;
  }
  return { scores, feedback, judge: HUMAN };
}
