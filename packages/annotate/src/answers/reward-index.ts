import { existsSync } from 'node:fs';
import type { EditKind, Reward } from '@rewardedit/core';
import { createGrowingIntegers, createKeyNumbers, indexJsonLines, textKey } from '@rewardedit/data';
import type { Measures } from '../judges/judge.ts';
import { answerSchema, readAnswerLines } from './answers.ts';
import { correctReward, correctionsPath, readCorrections } from './corrections.ts';

/** The rewards in a journal of answers, read one at a time. */
export type RewardIndex = {
  /** The reward of the triplet with this id, with a person's correction in the place of what the judge said; undefined where it has none. */
  get(id: string): Promise<Reward | undefined>;
  /** Numbers that were counted or measured beside the judge's answer. */
  measures(id: string): Promise<Measures | undefined>;
  /** The kind of edit, where the judge named it. */
  kind(id: string): Promise<EditKind | undefined>;
  close(): Promise<void>;
};

/**
 * Indexes a journal of answers by id, so that datasets of any size are joined with their rewards without holding them: in memory
 * are hashes of the ids, and people's corrections. A journal that is not there has no rewards. Throws 'bad-input' where it is damaged. Close
 * the index when done.
 */
export async function openRewardIndex(path: string): Promise<RewardIndex> {
  const corrections = await readCorrections(correctionsPath(path));
  // One answer of each triplet counts: the numbers of ids are those of positions.
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
