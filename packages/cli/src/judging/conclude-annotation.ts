import type { AnnotateSummary, Answer, OpenedJudge } from '@rewardedit/annotate';
import type { Reward } from '@rewardedit/core';
import { shellWord } from '@rewardedit/core/text';
import type { Dataset, RewardStatistics } from '@rewardedit/data';
import { trainNext } from '../output/next-command.ts';
import type { CommandContext } from '../running/command-context.ts';
import type { AnnotationPlan } from './annotation-plan.ts';
import { tellSpent, type Spent } from './with-judge.ts';

type Named = { readonly name: string; readonly version: string };

export type AnnotateReport = AnnotateSummary &
  Spent & {
    readonly rewards: string;
    readonly triplets: number;
    readonly judge: Named;
    readonly scores: RewardStatistics['scores'];
  };

export type RewriteReport = AnnotateSummary &
  Spent & {
    /** Journal of the instructions. */
    readonly rewrites: string;
    readonly triplets: number;
    readonly rectified: number;
    readonly wrong: number;
    /** Triplets without new instructions. */
    readonly missing: number;
    readonly judge: Named;
  };

type Concluded = {
  readonly summary: AnnotateSummary;
  readonly plan: AnnotationPlan;
  readonly opened: OpenedJudge;
  readonly dataset: Pick<Dataset, 'triplets'>;
  /** Path of the dataset as typed. */
  readonly path: string;
};

/** Prints the score statistics of a dataset. */
export async function concludeScores(
  { summary, plan: { rewards, triplets, next }, opened, dataset, path }: Concluded,
  command: CommandContext,
): Promise<AnnotateReport> {
  const { quarantinePath, readAnswers } = await import('@rewardedit/annotate');
  const { summarizeScores } = await import('@rewardedit/data');
  const { scoreTable } = await import('../output/reward-report.ts');
  const scores = await summarizeScores(rewardsOf(dataset, readAnswers(rewards)), triplets);
  command.log(scoreTable(scores));
  command.log(`\nThe rewards are in ${rewards}.`);
  const spent = await tellSpent(opened, command.log);
  const missing = Math.max(...Object.values(scores).map((each) => each.missing));
  if (missing > 0) {
    command.endInPart(
      `${missing} of ${triplets} triplets lack a complete reward; see ${quarantinePath(rewards)} for the reasons. ` +
        'Run the same command with --retry-quarantined to judge them again.',
    );
  }
  if (missing < triplets) command.suggestNext(next(path));
  return { rewards, triplets, ...summary, judge: nameOf(opened), scores, ...spent };
}

/** Prints how many instructions were written; `journal` is that of the whole dataset. */
export async function concludeRewrites(
  { summary, plan: { rewards, triplets }, opened, path }: Concluded,
  journal: string,
  command: CommandContext,
): Promise<RewriteReport> {
  const { quarantinePath, readRewrites } = await import('@rewardedit/annotate');
  const found = [...(await readRewrites(rewards)).values()];
  const rectified = found.filter((one) => one.rectified !== undefined).length;
  const wrong = found.reduce((sum, one) => sum + (one.wrong?.length ?? 0), 0);
  const missing = triplets - found.length;
  command.log(
    `${rewards} has ${rectified} rectified and ${wrong} wrong instructions for ${found.length} of ${triplets} triplets.`,
  );
  const spent = await tellSpent(opened, command.log);
  if (missing > 0)
    command.endInPart(
      `${missing} of ${triplets} triplets have none; see ${quarantinePath(rewards)} for the reasons.`,
    );
  // Shards have to be merged first.
  const next =
    rewards === journal
      ? `${trainNext(path)} --instructions rectified --stage 1`
      : `data merge ${shellWord(path)} --rewards ${shellWord(journal)}`;
  if (rectified > 0) command.suggestNext(next);
  const judge = nameOf(opened);
  return { rewrites: rewards, triplets, ...summary, rectified, wrong, missing, judge, ...spent };
}

function nameOf({ judge: { name, version } }: OpenedJudge): Named {
  return { name, version };
}

/** The rewards of a dataset's triplets. The journal may also have answers about triplets that were removed. */
async function* rewardsOf(
  dataset: Pick<Dataset, 'triplets'>,
  answers: AsyncIterable<Answer>,
): AsyncGenerator<Reward> {
  const ids = new Set<string>();
  for await (const { id } of dataset.triplets()) ids.add(id);
  for await (const answer of answers) if ('reward' in answer && ids.has(answer.id)) yield answer.reward;
}
