import { join } from 'node:path';
import { readJsonLines, rewardSchema, RewardEditError, type Reward, type Triplet } from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import { z } from 'zod';

/** The journal of a judge's answers in a dataset folder, where nothing else is said. */
export const REWARDS_FILE = 'rewards.jsonl';

const idSchema = z.string().min(1);

/** One line of a journal of answers: the reward of the triplet with this id, or why it has none. */
export const answerSchema = z.union([
  z.object({ id: idSchema, reward: rewardSchema }),
  z.object({ id: idSchema, missing: z.string() }),
]);

export type Answer = z.infer<typeof answerSchema>;

/** Where the answers about a dataset are, unless told otherwise. */
export function rewardsPath(dataset: Pick<Dataset, 'folder'>): string {
  return join(dataset.folder, REWARDS_FILE);
}

/**
 * Reads a journal of answers, one line in memory at a time. A last line that breaks off, as a killed writer leaves it,
 * is left out. Throws 'bad-input' naming the line that is damaged, or that answers for a triplet a second time.
 */
export async function* readAnswers(path: string): AsyncGenerator<Answer> {
  const ids = new Set<string>();
  for await (const { value, line } of readJsonLines(path, { schema: answerSchema, tornLastLine: 'ignore' })) {
    if (ids.has(value.id)) {
      throw new RewardEditError('bad-input', `there is an earlier answer for the triplet ${value.id}`, {
        where: `${path}:${line}`,
        hint: 'remove one of the two lines',
      });
    }
    ids.add(value.id);
    yield value;
  }
}

/** The rewards in a journal of answers, by the triplets' ids. A triplet whose answer is missing has no entry. */
export async function readRewards(path: string): Promise<Map<string, Reward>> {
  const rewards = new Map<string, Reward>();
  for await (const answer of readAnswers(path)) if ('reward' in answer) rewards.set(answer.id, answer.reward);
  return rewards;
}

/** The triplets of a dataset with their rewards; one without an entry stays without, as it was. */
export async function* applyRewards(
  dataset: Pick<Dataset, 'triplets'>,
  rewards: ReadonlyMap<string, Reward>,
): AsyncGenerator<Triplet> {
  for await (const triplet of dataset.triplets()) {
    const reward = rewards.get(triplet.id);
    yield reward === undefined ? triplet : { ...triplet, reward };
  }
}
