import { existsSync } from 'node:fs';
import { correctionsPath, readAnswers, rewardOf, readRewards, rewardsPath } from '@rewardedit/annotate';
import { PERSPECTIVES, type EditKind, type Reward } from '@rewardedit/core';
import { openDataset } from '@rewardedit/data';
import { readMetrics } from '../measures/metrics-journal.ts';
import { COLUMNS } from './columns.ts';

/** What is known of one item of a run. */
export interface RunItem {
  readonly id: string;
  readonly instruction: string;
  readonly kind?: EditKind | undefined;
  /** Edits of one picture belong together: its file. */
  readonly cluster: string;
  /** Values by the names of `COLUMNS`; what is missing is absent. */
  readonly values: Readonly<Record<string, number>>;
}

/** Reads what was judged and measured on the edits of a run's folder, in the order of the items. */
export async function readRunItems(folder: string): Promise<RunItem[]> {
  const dataset = await openDataset(folder);
  const journal = rewardsPath(dataset);
  const isScored = [journal, correctionsPath(journal)].some((path) => existsSync(path));
  const rewards = isScored ? await readRewards(journal) : new Map<string, Reward>();
  const answers = await readMeasures(journal);
  const metrics = await readMetrics(folder);
  const items: RunItem[] = [];
  for await (const triplet of dataset.triplets()) {
    const { id, instruction, kind, original } = triplet;
    const found = {
      ...scoresOf(rewardOf(triplet, rewards)),
      ...answers.get(id),
      ...metrics.get(id)?.metrics,
    };
    const values = Object.fromEntries(Object.entries(found).filter(([name]) => Object.hasOwn(COLUMNS, name)));
    items.push({ id, instruction, kind, cluster: original, values });
  }
  return items;
}

function scoresOf(reward: Reward | undefined): Record<string, number> {
  if (reward === undefined) return {};
  const { scores } = reward;
  const given = PERSPECTIVES.flatMap((name) => scores[name] ?? []);
  const complete = given.length === PERSPECTIVES.length;
  const overall = given.reduce((sum, value) => sum + value, 0) / given.length;
  return { ...scores, ...(complete && { overall }) };
}

async function readMeasures(journal: string): Promise<Map<string, Readonly<Record<string, number>>>> {
  const found = new Map<string, Readonly<Record<string, number>>>();
  if (!existsSync(journal)) return found;
  for await (const answer of readAnswers(journal)) {
    if ('measures' in answer && answer.measures !== undefined) found.set(answer.id, answer.measures);
  }
  return found;
}
