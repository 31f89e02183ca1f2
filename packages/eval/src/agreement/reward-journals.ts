import { judgeOf, readAnswerLines, type Answer } from '@rewardedit/annotate';
import { HIGHEST_SCORE, PERSPECTIVES, RewardEditError, type Perspective } from '@rewardedit/core';
import { createColumn, type Column } from './column.ts';
import { groupByKind } from './group-by-kind.ts';
import { createLabels, type Labels } from './labels.ts';
import { createCostCounter } from './count-costs.ts';
import type { Comparison, JudgeCost, Ratings, ReadRatingsOptions, Rater } from './ratings.ts';

const OVERALL = 'overall';

/** The judge's name in journals of corrections. */
const HUMAN = 'human';

const WHOLE_SCORES = Array.from({ length: HIGHEST_SCORE + 1 }, (_, score) => score);

type Scores = Readonly<Record<Perspective, Column>>;

/**
 * Reads rewards journals and compares each pair. A journal by the judge "human" contains corrections: it is the reference for the
 * others, its later lines replace earlier ones, and a line may lack perspectives. The overall value is the mean of the three scores,
 * if complete. Throws 'bad-input' if a line is damaged, or if a journal mixes the answers of two judges.
 */
export async function readRewardJournals(
  paths: readonly string[],
  { strict = false, dataset, onLine }: ReadRatingsOptions,
): Promise<Ratings> {
  const triplets = createLabels();
  const journals: ReadJournal[] = [];
  for (const [file, path] of paths.entries())
    journals.push(await readJournal(path, triplets, () => onLine?.(file)));

  const raters = [
    ...journals.filter(({ isHuman }) => isHuman),
    ...journals.filter(({ isHuman }) => !isHuman),
  ];
  const comparisons = raters.flatMap(({ rater: reference }, i) =>
    raters.slice(i + 1).map(({ rater: judge }): Comparison => ({ judge, reference, raters: [] })),
  );
  const count = triplets.names.length;
  const kinds =
    dataset === undefined
      ? { groups: ['all'], group: new Int32Array(count) }
      : await groupByKind(triplets, dataset);
  return {
    items: { count, ...kinds, task: Int32Array.from({ length: count }, (_, i) => i), tasks: count },
    perspectives: [...PERSPECTIVES, OVERALL],
    categories: WHOLE_SCORES,
    comparisons,
    strict,
    incomplete: {},
    costs: journals.flatMap(({ cost }) => cost ?? []),
  };
}

type ReadJournal = {
  readonly rater: Rater;
  readonly isHuman: boolean;
  readonly cost: JudgeCost | undefined;
};

async function readJournal(path: string, triplets: Labels, onLine: () => void): Promise<ReadJournal> {
  const scores: Scores = { following: createColumn(), preserving: createColumn(), quality: createColumn() };
  const cost = createCostCounter();
  let judge: string | undefined;
  for await (const { value, line } of readAnswerLines(path)) {
    const by = nameOf(value);
    if (by !== undefined && by !== (judge ??= by)) {
      throw new RewardEditError('bad-input', `this answer is by ${by}, those before are by ${judge}`, {
        where: `${path}:${line}`,
        hint: 'use a separate file for each judge',
      });
    }
    const row = triplets.codeOf(value.id);
    const given = 'reward' in value ? value.reward.scores : {};
    cost.add(value);
    for (const name of PERSPECTIVES) scores[name].set(row, given[name] ?? Number.NaN);
    onLine();
  }
  const name = judge === undefined ? path : `${judge} (${path})`;
  return { rater: createRater(name, scores, triplets), isHuman: judge === HUMAN, cost: cost.total(name) };
}

/** The name and version of an answer's judge, if recorded; all people count as one. */
function nameOf(answer: Answer): string | undefined {
  const judge = judgeOf(answer);
  if (judge === undefined) return undefined;
  return judge.name === HUMAN ? HUMAN : `${judge.name} ${judge.version}`;
}

function createRater(name: string, scores: Scores, triplets: Labels): Rater {
  return {
    name,
    values(perspective) {
      const count = triplets.names.length;
      const [following, preserving, quality] = PERSPECTIVES.map((one) => scores[one].values(count));
      const overall = following.map((score, i) => (score + preserving[i] + quality[i]) / PERSPECTIVES.length);
      return { following, preserving, quality, [OVERALL]: overall }[perspective]!;
    },
  };
}
