import { existsSync } from 'node:fs';
import { openJournal } from '@rewardedit/core';
import { indexJsonLines, type Dataset } from '@rewardedit/data';
import { answerSchema, judgeOf, readAnswerLines } from './answers.ts';
import { hashInputs } from './inputs.ts';
import type { Judge } from '../judges/judge.ts';

/** Who judged where an answer came from elsewhere and does not say. */
const UNKNOWN_JUDGE = { name: 'imported', version: 'unknown' } as const;

/**
 * Takes the rewards of other judges, and of nobody knows whom, in a journal of answers for answers about what the dataset holds
 * now: each gets a new line that says so, with hashes of instruction and pictures. What has no reward is left to be judged.
 * Gives how many were adopted. The journal's lock has to be held.
 */
export async function adoptAnswers(
  dataset: Pick<Dataset, 'triplets' | 'resolve'>,
  path: string,
  ours: Pick<Judge, 'name' | 'version' | 'needsTruth'>,
): Promise<number> {
  if (!existsSync(path)) return 0;
  const foreign = new Map<string, number>();
  for await (const { value, position } of readAnswerLines(path)) {
    const judge = judgeOf(value);
    const isOurs = judge?.name === ours.name && judge.version === ours.version;
    if ('reward' in value && value.adopted !== true && !isOurs) foreign.set(value.id, position);
  }
  const lines = await indexJsonLines(path);
  const journal = await openJournal(path, { syncEvery: Number.POSITIVE_INFINITY });
  try {
    for await (const triplet of dataset.triplets()) {
      const at = foreign.get(triplet.id);
      if (at === undefined) continue;
      const answer = answerSchema.parse(await lines.value(at));
      if (!('reward' in answer)) continue;
      const { reward, ...rest } = answer;
      await journal.append({
        ...rest,
        inputs: await hashInputs(dataset, triplet, ours),
        reward: { ...reward, judge: reward.judge ?? UNKNOWN_JUDGE },
        adopted: true,
      });
    }
  } finally {
    await lines.close();
    await journal.close();
  }
  return foreign.size;
}
