import { existsSync } from 'node:fs';
import { RewardEditError } from '@rewardedit/core';
import { readAnswers } from './answers.ts';
import type { Judge } from './judge.ts';

/** What a journal of answers holds already. */
export type EarlierAnswers = {
  /** The ids that have an answer. */
  readonly answered: ReadonlySet<string>;
  /** The ids that were set aside and are to be asked about again. */
  readonly again: ReadonlySet<string>;
  /** Those among them that were set aside when the judge had no usable reply for any. */
  readonly suspects: ReadonlySet<string>;
};

/**
 * Reads which triplets a journal answers for; with `retry`, those that were set aside do not count as answered. Throws
 * 'bad-input' where the answers are another judge's, or the journal is damaged.
 */
export async function readEarlierAnswers(
  path: string,
  { name, version }: Pick<Judge, 'name' | 'version'>,
  retry = false,
): Promise<EarlierAnswers> {
  const answered = new Set<string>();
  const again = new Set<string>();
  const suspects = new Set<string>();
  if (!existsSync(path)) return { answered, again, suspects };
  for await (const answer of readAnswers(path)) {
    const isSuspect = 'askAgain' in answer;
    if (isSuspect) suspects.add(answer.id);
    (isSuspect || (retry && answer.missing !== undefined) ? again : answered).add(answer.id);
    const judge = 'reward' in answer ? answer.reward.judge : undefined;
    if (judge !== undefined && (judge.name !== name || judge.version !== version)) {
      throw new RewardEditError(
        'bad-input',
        `the answers there are those of the judge ${judge.name} ${judge.version}, not ${name} ${version}`,
        {
          where: path,
          hint: 'choose another journal, or move this one away to have all triplets judged anew',
        },
      );
    }
  }
  return { answered, again, suspects };
}
