import { join } from 'node:path';
import { readJsonLines, type JsonLine, type JudgeProvenance } from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import { z } from 'zod';
import { rewardedFields } from '../judges/judge.ts';
import { spentSchema } from '../language-model/spending/spent.ts';
import { inputsKey, inputsSchema } from './inputs.ts';

/** The default journal of answers in a dataset folder. */
export const REWARDS_FILE = 'rewards.jsonl';

const idSchema = z.string().min(1);

const shape = {
  id: idSchema,
  /** What the answer is about; absent in lines of older versions. */
  inputs: inputsSchema.exactOptional(),
  /** Whether it is another judge's answer that the user adopted. */
  adopted: z.literal(true).exactOptional(),
  /** What the answer took, if models were asked. */
  spent: spentSchema.exactOptional(),
};

/**
 * One line of a journal of answers: the reward of the triplet with this id, or why it has none, or both if the reward lacks a perspective;
 * what was judged, and by whom (in the reward, if there is one); and other measures.
 */
export const answerSchema = z.union([
  z.object({ ...shape, ...rewardedFields }),
  z.object({
    ...shape,
    judge: z.object({ name: z.string(), version: z.string() }).exactOptional(),
    missing: z.string(),
    /** Whether the next run asks again, because the run ended for a reason that may not be this triplet's fault. */
    askAgain: z.literal(true).exactOptional(),
  }),
]);

export type Answer = z.infer<typeof answerSchema>;

/** Returns who gave an answer; undefined if it does not say. */
export function judgeOf(answer: Answer): Pick<JudgeProvenance, 'name' | 'version'> | undefined {
  return 'reward' in answer ? answer.reward.judge : answer.judge;
}

/** Returns the default path of the answers about a dataset. */
export function rewardsPath(dataset: Pick<Dataset, 'folder'>): string {
  return join(dataset.folder, REWARDS_FILE);
}

/**
 * Reads a journal of answers with one line in memory at a time, and yields the answer that counts for each triplet (`linesThatCount`).
 * Ignores an incomplete last line, as a killed writer leaves it. Throws `bad-input`, naming the line, if one is damaged.
 */
export async function* readAnswers(path: string): AsyncGenerator<Answer> {
  for await (const { value } of readAnswerLines(path)) yield value;
}

/** Reads answers as `readAnswers` does, each with its position. */
export async function* readAnswerLines(path: string): AsyncGenerator<JsonLine<Answer>> {
  const { positions } = await linesThatCount(path);
  const answers = readJsonLines(path, { schema: answerSchema, tornLastLine: 'ignore' });
  for await (const answer of answers) if (positions.get(answer.value.id) === answer.position) yield answer;
}

/** Which lines of a journal count. */
export type LinesThatCount = {
  /** The position of the line that counts for each triplet, as `indexLines` counts. */
  readonly positions: ReadonlyMap<string, number>;
  /** The triplets without a full reward. */
  readonly incomplete: ReadonlySet<string>;
};

/** The fields that decide whether a line counts. */
const aboutSchema = z.object({
  id: idSchema,
  inputs: inputsSchema.exactOptional(),
  missing: z.string().exactOptional(),
});

/**
 * Finds the line that counts for each triplet: the last one, because a triplet may have been asked about again. But a line without a full
 * reward does not count after a full reward about the same instruction and pictures, as two processes may write them if one stalls and the
 * other takes over.
 */
export async function linesThatCount(path: string): Promise<LinesThatCount> {
  const lines = () => readJsonLines(path, { schema: aboutSchema, tornLastLine: 'ignore' });
  const positions = new Map<string, number>();
  const incomplete = new Set<string>();
  const count = (id: string, position: number, missing: string | undefined) => {
    positions.set(id, position);
    if (missing === undefined) incomplete.delete(id);
    else incomplete.add(id);
  };
  const repeated = new Set<string>();
  for await (const { value, position } of lines()) {
    if (positions.has(value.id)) repeated.add(value.id);
    count(value.id, position, value.missing);
  }
  if (repeated.size === 0) return { positions, incomplete };
  const full = new Map<string, string | undefined>();
  for await (const { value, position } of lines()) {
    const { id, missing, inputs } = value;
    if (!repeated.has(id)) continue;
    const about = inputs && inputsKey(inputs);
    if (missing !== undefined && full.has(id) && full.get(id) === about) continue;
    count(id, position, missing);
    if (missing === undefined) full.set(id, about);
    else full.delete(id);
  }
  return { positions, incomplete };
}
