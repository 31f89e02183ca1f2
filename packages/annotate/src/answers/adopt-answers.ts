import { existsSync } from 'node:fs';
import { openJournal } from '@rewardedit/core';
import { indexJsonLines, type Dataset } from '@rewardedit/data';
import { answerSchema, judgeOf, readAnswerLines } from './answers.ts';
import { hashInputs } from './inputs.ts';
import type { Judge } from '../judges/judge.ts';

/** The judge of an answer from elsewhere that names none. */
const UNKNOWN_JUDGE = { name: 'imported', version: 'unknown' } as const;

/**
 * Adopts the rewards of other or unknown judges in a journal as answers about the current dataset: each gets a new line with `adopted` and
 * hashes of instruction and pictures. Triplets without a reward are left to be judged. Returns how many were adopted. The caller holds the
 * journal's lock.
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
