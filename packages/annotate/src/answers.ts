import { join } from 'node:path';
import { readJsonLines, rewardSchema, RewardEditError, type JsonLine } from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import { z } from 'zod';

/** The journal of a judge's answers in a dataset folder, where nothing else is said. */
export const REWARDS_FILE = 'rewards.jsonl';

const idSchema = z.string().min(1);

/** Numbers by name; a number that JSON cannot hold would make the journal unreadable. */
export const measuresSchema = z.record(z.string(), z.number());

/**
 * One line of a journal of answers: the reward of the triplet with this id, or why it has none, or both where the reward
 * lacks a perspective; and numbers that were counted or measured besides.
 */
export const answerSchema = z.union([
  z.object({
    id: idSchema,
    reward: rewardSchema,
    missing: z.string().exactOptional(),
    measures: measuresSchema.exactOptional(),
  }),
  z.object({
    id: idSchema,
    missing: z.string(),
    /** Whether the next run asks anew, because the run ended over what may be no fault of this triplet. */
    askAgain: z.literal(true).exactOptional(),
  }),
]);

export type Answer = z.infer<typeof answerSchema>;

/** Where the answers about a dataset are, unless told otherwise. */
export function rewardsPath(dataset: Pick<Dataset, 'folder'>): string {
  return join(dataset.folder, REWARDS_FILE);
}

/**
 * Reads a journal of answers, one line in memory at a time: the last answer about each triplet, since one that was
 * missing may have been asked for again. A last line that breaks off, as a killed writer leaves it, is left out.
 *
 * Throws 'bad-input' naming the line that is damaged, or that answers a second time for a triplet that had its reward.
 */
export async function* readAnswers(path: string): AsyncGenerator<Answer> {
  for await (const { value } of readAnswerLines(path)) yield value;
}

/** As `readAnswers`, with the number of the line, from 1, on which each answer stands. */
export async function* readAnswerLines(path: string): AsyncGenerator<JsonLine<Answer>> {
  const replaced = await replacedLines(path);
  for await (const answer of answerLines(path)) if (!replaced.has(answer.line)) yield answer;
}

/** The numbers of the lines after which another answers for the same triplet. */
async function replacedLines(path: string): Promise<ReadonlySet<number>> {
  const replaced = new Set<number>();
  const incomplete = new Map<string, number>();
  const complete = new Set<string>();
  for await (const { value, line } of answerLines(path)) {
    const { id, missing } = value;
    if (complete.has(id)) {
      throw new RewardEditError('bad-input', `there is an earlier answer for the triplet ${id}`, {
        where: `${path}:${line}`,
        hint: 'remove one of the two lines',
      });
    }
    const earlier = incomplete.get(id);
    if (earlier !== undefined) replaced.add(earlier);
    if (missing === undefined) complete.add(id);
    else incomplete.set(id, line);
  }
  return replaced;
}

function answerLines(path: string) {
  return readJsonLines(path, { schema: answerSchema, tornLastLine: 'ignore' });
}
