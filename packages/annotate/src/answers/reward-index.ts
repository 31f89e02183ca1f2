import { existsSync } from 'node:fs';
import type { Reward } from '@rewardedit/core';
import { indexJsonLines } from '@rewardedit/data';
import { answerSchema, readAnswerLines } from './answers.ts';
import { correctReward, correctionsPath, readCorrections } from './corrections.ts';

/** The rewards in a journal of answers, read one at a time. */
export type RewardIndex = {
  /** The reward of the triplet with this id, with a person's correction in the place of what the judge said; undefined where it has none. */
  get(id: string): Promise<Reward | undefined>;
  close(): Promise<void>;
};

/**
 * Indexes a journal of answers by id, so that datasets of any size are joined with their rewards without holding them: in memory
 * are the ids and people's corrections. A journal that is not there has no rewards. Throws 'bad-input' where it is damaged. Close
 * the index when done.
 */
export async function openRewardIndex(path: string): Promise<RewardIndex> {
  const corrections = await readCorrections(correctionsPath(path));
  const judged = await openJudgedIndex(path);
  return {
    async get(id) {
      const reward = await judged.get(id);
      const correction = corrections.get(id);
      return correction === undefined ? reward : correctReward(reward, correction.reward);
    },
    close: judged.close,
  };
}

async function openJudgedIndex(path: string): Promise<RewardIndex> {
  if (!existsSync(path)) return { get: async () => undefined, close: async () => undefined };
  const positions = new Map<string, number>();
  for await (const { value, position } of readAnswerLines(path))
    if ('reward' in value) positions.set(value.id, position);
  const index = await indexJsonLines(path);
  return {
    async get(id) {
      const at = positions.get(id);
      if (at === undefined) return undefined;
      const answer = answerSchema.parse(await index.value(at));
      return 'reward' in answer ? answer.reward : undefined;
    },
    close: index.close,
  };
}
