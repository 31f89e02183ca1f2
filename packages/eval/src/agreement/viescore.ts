import { readJsonLines } from '@rewardedit/core';
import { z } from 'zod';
import { createColumn, type Column } from './column.ts';
import { createLabels } from './labels.ts';
import { meanOfRaters } from './mean-of-raters.ts';
import type { Comparison, Ratings, ReadRatingsOptions, Rater } from './ratings.ts';
import { noteLine } from './repeated-line.ts';

/** Semantic consistency and perceptual quality, which are rated, and the overall value computed from both. */
const RATED = ['SC', 'PQ'] as const;
const OVERALL = 'O';

/** The values of the human raters' scale. */
const RATER_SCALE = [0, 0.5, 1];
const HIGHEST_JUDGE_SCORE = 10;
/** The number of scores that the judge is asked for in each of the two aspects. */
const SCORES_ASKED = 2;
const MOST_RATERS = 100;

const rating = z.number().min(0).max(1).nullish();
const judgeScores = z.array(z.number().min(0).max(HIGHEST_JUDGE_SCORE).nullable()).nullish();

const rowSchema = z.object({
  uid: z.union([z.string().min(1), z.number()]),
  editor: z.string().min(1),
  human: z
    .array(z.object({ SC: rating, PQ: rating }))
    .max(MOST_RATERS)
    .nullish(),
  judge: z.object({ SC: judgeScores, PQ: judgeScores }).nullish(),
});

/** One rater's values in both aspects. */
type Sides = Readonly<Record<(typeof RATED)[number], Column>>;

/**
 * Reads files with one edit per line and the ratings of people and a judge, in the form of the VIEScore data: `uid` is the task,
 * `editor` made the edit. The judge's value of an aspect is its lowest score divided by 10, the reference's is the mean over raters.
 * The overall value is `sqrt(SC * PQ)`, for the reference the mean of each rater's own.
 */
export async function readViescore(
  paths: readonly string[],
  { strict = false, onLine }: ReadRatingsOptions,
): Promise<Ratings> {
  const rows = createLabels();
  const editors = createLabels();
  const uids = createLabels();
  const group = createColumn();
  const task = createColumn();
  const incomplete = { SC: 0, PQ: 0 };
  const judges: Rater[] = [];
  const comparisons: Comparison[] = [];
  const count = () => rows.names.length;

  for (const [file, path] of paths.entries()) {
    const judge = createSides();
    const raters: Sides[] = [];
    const lines = createColumn();
    for await (const { value, line } of readJsonLines(path, { schema: rowSchema })) {
      const { uid, editor, human, judge: scores } = value;
      const row = rows.codeOf(JSON.stringify([editor, uid]));
      noteLine(lines, row, { path, line, what: `the edit of ${uid} by ${editor}` });
      group.set(row, editors.codeOf(editor));
      task.set(row, uids.codeOf(JSON.stringify(uid)));
      for (const side of RATED) {
        const given = scores?.[side] ?? [];
        const isShort = given.length > 0 && given.length < SCORES_ASKED;
        if (isShort) incomplete[side] += 1;
        judge[side].set(row, isShort && strict ? Number.NaN : lowest(given) / HIGHEST_JUDGE_SCORE);
      }
      for (const [number, ratings] of (human ?? []).entries()) {
        const rater = (raters[number] ??= createSides());
        for (const side of RATED) rater[side].set(row, ratings[side] ?? Number.NaN);
      }
      onLine?.(file);
    }
    const rater = createRater(`the judge of ${path}`, judge, count);
    const humans = raters.map((sides, i) => createRater(`rater ${i + 1}`, sides, count));
    judges.push(rater);
    comparisons.push({ judge: rater, reference: meanOf(humans, count), raters: humans });
  }

  for (const [i, reference] of judges.entries())
    for (const judge of judges.slice(i + 1)) comparisons.push({ judge, reference, raters: [] });
  return {
    items: {
      count: count(),
      groups: editors.names,
      group: Int32Array.from(group.values(count())),
      task: Int32Array.from(task.values(count())),
      tasks: uids.names.length,
    },
    perspectives: [...RATED, OVERALL],
    categories: RATER_SCALE,
    comparisons,
    strict,
    incomplete,
    costs: [],
  };
}

function createSides(): Sides {
  return { SC: createColumn(), PQ: createColumn() };
}

/** The lowest score; NaN if there are none or one is missing. */
function lowest(scores: readonly (number | null)[]): number {
  return scores.length === 0 || scores.includes(null) ? Number.NaN : Math.min(...(scores as number[]));
}

function createRater(name: string, sides: Sides, count: () => number): Rater {
  return {
    name,
    values(perspective) {
      const [SC, PQ] = RATED.map((side) => sides[side].values(count()));
      return { SC, PQ, [OVERALL]: SC.map((value, i) => Math.sqrt(value * PQ[i])) }[perspective]!;
    },
  };
}

function meanOf(raters: readonly Rater[], count: () => number): Rater {
  return {
    name: `the mean of ${raters.length} raters`,
    values: (perspective) =>
      meanOfRaters(
        raters.map((rater) => rater.values(perspective)),
        count(),
      ),
  };
}
