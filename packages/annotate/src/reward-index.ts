import { existsSync } from 'node:fs';
import { indexJsonLines } from '@rewardedit/data';
import type { Reward } from '@rewardedit/core';
import { answerSchema, readAnswers } from './rewards.ts';

/** The rewards in a journal of answers, read one at a time. */
export type RewardIndex = {
  /** The reward of the triplet with this id; undefined where it has none. */
  get(id: string): Promise<Reward | undefined>;
  close(): Promise<void>;
};

/**
 * Indexes a journal of answers by id, so that datasets of any size are joined with their rewards without holding them: in memory
 * are the ids. A journal that is not there has no rewards. Throws 'bad-input' where it is damaged. Close the index when done.
 */
export async function openRewardIndex(path: string): Promise<RewardIndex> {
  if (!existsSync(path)) return { get: async () => undefined, close: async () => undefined };
  const positions = new Map<string, number>();
  let position = 0;
  for await (const answer of readAnswers(path)) {
    if ('reward' in answer) positions.set(answer.id, position);
    position += 1;
  }
  const index = await indexJsonLines(path);
  return {
    async get(id) {
      const at = positions.get(id);
      if (at === undefined) return undefined;
      const answer = answerSchema.parse(await index.value(at));
      return 'reward' in answer ? answer.reward : undefined;
    },
    close: () => index.close(),
  };
}
