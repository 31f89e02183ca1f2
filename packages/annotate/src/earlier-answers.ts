import { existsSync } from 'node:fs';
import { RewardEditError } from '@rewardedit/core';
import { readAnswers } from './answers.ts';
import type { Judge } from './judge.ts';

/** Which triplets a journal answers for. */
export type EarlierAnswers = {
  /** The ids that have an answer. */
  readonly answered: ReadonlySet<string>;
  /** The ids that were set aside and are to be asked about again. */
  readonly again: ReadonlySet<string>;
};

/**
 * What a journal holds already, where it is there. With `retry`, those that were set aside count as open. Throws 'bad-input' where
 * it is another judge's.
 */
export async function readEarlierAnswers(
  path: string,
  { name, version }: Pick<Judge, 'name' | 'version'>,
  retry = false,
): Promise<EarlierAnswers> {
  const answered = new Set<string>();
  const again = new Set<string>();
  if (!existsSync(path)) return { answered, again };
  for await (const answer of readAnswers(path)) {
    (retry && answer.missing !== undefined ? again : answered).add(answer.id);
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
  return { answered, again };
}
