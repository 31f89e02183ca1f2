import { existsSync } from 'node:fs';
import {
  correctionsPath,
  readAnswers,
  rewardOf,
  readRewards,
  rewardsPath,
  type Answer,
} from '@rewardedit/annotate';
import { PERSPECTIVES, type EditKind, type Reward, type Triplet } from '@rewardedit/core';
import { openDataset, type Dataset } from '@rewardedit/data';
import { readMetrics } from '../measures/metrics-journal.ts';
import { COLUMNS } from './columns.ts';

/** One item of a run. */
export interface RunItem {
  readonly id: string;
  readonly instruction: string;
  readonly kind?: EditKind | undefined;
  /** The file of the original: edits of one picture form a cluster. */
  readonly cluster: string;
  /** Values by the names of `COLUMNS`; missing ones are absent. */
  readonly values: Readonly<Record<string, number>>;
}

/** An item with its feedback and pictures, for pages. */
export interface ShownItem extends RunItem {
  /** Feedback of the judge or a person, by perspective. */
  readonly feedback: Reward['feedback'];
  /** Paths of its pictures. */
  readonly pictures: {
    readonly original: string;
    readonly edited: string;
    readonly truth?: string | undefined;
  };
}

/** Reads the scores and measurements of the edits in a run folder, in the order of the items. */
export async function readRunItems(folder: string): Promise<ShownItem[]> {
  const dataset = await openDataset(folder);
  const journal = rewardsPath(dataset);
  const isScored = [journal, correctionsPath(journal)].some((path) => existsSync(path));
  const rewards = isScored ? await readRewards(journal) : new Map<string, Reward>();
  const answers = await readBesides(journal);
  const metrics = await readMetrics(folder);
  const items: ShownItem[] = [];
  for await (const triplet of dataset.triplets()) {
    const { id, instruction, original } = triplet;
    const answer = answers.get(id);
    const kind = triplet.kind ?? answer?.kind;
    const reward = rewardOf(triplet, rewards);
    const found = {
      ...scoresOf(reward),
      ...answer?.measures,
      ...metrics.get(id)?.metrics,
    };
    const values = Object.fromEntries(Object.entries(found).filter(([name]) => Object.hasOwn(COLUMNS, name)));
    items.push({
      ...{ id, instruction, kind, cluster: original, values },
      feedback: reward?.feedback ?? {},
      pictures: picturesOf(dataset, triplet),
    });
  }
  return items;
}

function picturesOf(dataset: Dataset, { original, edited, truth }: Triplet): ShownItem['pictures'] {
  return {
    original: dataset.resolve(original),
    edited: dataset.resolve(edited),
    ...(truth !== undefined && { truth: dataset.resolve(truth) }),
  };
}

function scoresOf(reward: Reward | undefined): Record<string, number> {
  if (reward === undefined) return {};
  const { scores } = reward;
  const given = PERSPECTIVES.flatMap((name) => scores[name] ?? []);
  const complete = given.length === PERSPECTIVES.length;
  const overall = given.reduce((sum, value) => sum + value, 0) / given.length;
  return { ...scores, ...(complete && { overall }) };
}

type Besides = Pick<Extract<Answer, { reward: Reward }>, 'measures' | 'kind'>;

/** Reads what a judge returned besides scores. */
async function readBesides(journal: string): Promise<Map<string, Besides>> {
  const found = new Map<string, Besides>();
  if (!existsSync(journal)) return found;
  for await (const answer of readAnswers(journal)) {
    if (!('reward' in answer)) continue;
    const { id, measures, kind } = answer;
    found.set(id, { ...(measures !== undefined && { measures }), ...(kind !== undefined && { kind }) });
  }
  return found;
}
