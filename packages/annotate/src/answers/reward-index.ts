import { existsSync } from 'node:fs';
import type { EditKind, Reward } from '@rewardedit/core';
import { createGrowingIntegers, createKeyNumbers, indexJsonLines, textKey } from '@rewardedit/data';
import type { Measures } from '../judges/judge.ts';
import { answerSchema, readAnswerLines } from './answers.ts';
import { correctReward, correctionsPath, readCorrections } from './corrections.ts';

/** The rewards in a journal of answers, read one at a time. */
export type RewardIndex = {
  /** The reward of the triplet with this id, with a person's corrections applied; undefined if it has none. */
  get(id: string): Promise<Reward | undefined>;
  /** Other measures of the answer. */
  measures(id: string): Promise<Measures | undefined>;
  /** The kind of edit, if the judge named it. */
  kind(id: string): Promise<EditKind | undefined>;
  close(): Promise<void>;
};

/**
 * Indexes a journal of answers by id, so that datasets of any size can be joined with their rewards: only hashes of ids and people's
 * corrections are in memory. A missing journal has no rewards. Throws `bad-input` if it is damaged. Close the index when done.
 */
export async function openRewardIndex(path: string): Promise<RewardIndex> {
  const corrections = await readCorrections(correctionsPath(path));
  // Each triplet has one answer that counts, so ids and positions share their numbers.
  const [ids, positions] = [createKeyNumbers(), createGrowingIntegers()];
  const isThere = existsSync(path);
  for await (const { value, position } of isThere ? readAnswerLines(path) : []) {
    if (!('reward' in value)) continue;
    ids.add(textKey(value.id));
    positions.push(position);
  }
  const index = isThere ? await indexJsonLines(path) : undefined;
  const answerTo = async (id: string) => {
    const number = ids.find(textKey(id));
    if (index === undefined || number === undefined) return undefined;
    const answer = answerSchema.parse(await index.value(positions.get(number)));
    return 'reward' in answer ? answer : undefined;
  };
  return {
    async get(id) {
      const reward = (await answerTo(id))?.reward;
      const correction = corrections.get(id);
      return correction === undefined ? reward : correctReward(reward, correction.reward);
    },
    measures: async (id) => (await answerTo(id))?.measures,
    kind: async (id) => (await answerTo(id))?.kind,
    close: async () => index?.close(),
  };
}
