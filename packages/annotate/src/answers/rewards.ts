import { existsSync } from 'node:fs';
import type { Reward, Triplet } from '@rewardedit/core';
import { readAnswers } from './answers.ts';
import { correctionsPath, correctReward, HUMAN, readCorrections } from './corrections.ts';

/**
 * Reads the rewards in a journal of answers, by triplet id, with people's corrections applied. Throws `bad-input`, naming the line, if one
 * is damaged.
 */
export async function readRewards(path: string): Promise<Map<string, Reward>> {
  const rewards = new Map<string, Reward>();
  const corrections = await readCorrections(correctionsPath(path));
  if (corrections.size === 0 || existsSync(path))
    for await (const { id, ...answer } of readAnswers(path))
      if ('reward' in answer) rewards.set(id, answer.reward);
  for (const [id, { reward }] of corrections) rewards.set(id, correctReward(rewards.get(id), reward));
  return rewards;
}

/**
 * Returns the reward that counts for a triplet: the one in the journal or by a person, else the one in its metadata. A person's correction
 * of the latter leaves its other perspectives as they are.
 */
export function rewardOf(
  { id, reward: own }: Pick<Triplet, 'id' | 'reward'>,
  rewards: ReadonlyMap<string, Reward>,
): Reward | undefined {
  const reward = rewards.get(id);
  return reward?.judge?.name === HUMAN.name ? correctReward(own, reward) : (reward ?? own);
}
