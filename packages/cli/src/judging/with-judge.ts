import type { Access, Amount, JudgeChoice, OpenedJudge, Spending } from '@rewardedit/annotate';
import { formatSpending } from '../output/format-spending.ts';

/** Makes a judge ready, tells what there is to know before it is asked, and lets it go when the work with it is over. */
export async function withJudge<Result>(
  choice: JudgeChoice,
  access: Access,
  note: (message: string) => void,
  work: (opened: OpenedJudge) => Promise<Result>,
): Promise<Result> {
  const { createJudge } = await import('@rewardedit/annotate');
  const opened = await createJudge(choice, access);
  try {
    await prepareJudge(opened, note);
    return await work(opened);
  } finally {
    await opened.close();
  }
}

/** Keeps the budget with the run before anything is asked, and tells of that, and of models that are soon to be gone. */
export async function prepareJudge(opened: OpenedJudge, note: (message: string) => void): Promise<void> {
  if (opened.models.length > 0) (await import('@rewardedit/core')).keepHeapSmall();
  await warnOfRetirement(opened, note);
  const notice = await opened.keepBudget?.();
  if (notice !== undefined) note(notice);
}

/** Tells of models that are soon to be gone. */
export async function warnOfRetirement(
  { models }: OpenedJudge,
  note: (message: string) => void,
): Promise<void> {
  const { knownModel, retirementWarning } = await import('@rewardedit/annotate');
  for (const model of models) {
    const warning = retirementWarning(knownModel(model), new Date());
    if (warning !== undefined) note(`Warning: ${warning}`);
  }
}

/** What was spent, as reports have it. */
export type Spent = {
  readonly spending?: Spending;
  /** By all processes of the run, on any day. */
  readonly spentByRun?: Amount;
};

/** Tells what a judge has spent, where it was asked anything that costs. */
export async function tellSpent(
  { spending, spentByRun }: OpenedJudge,
  log: (text: string) => void,
): Promise<Spent> {
  const [used, run] = [spending?.(), await spentByRun?.()];
  if (used !== undefined && used.calls + used.stored > 0) log(`Used: ${formatSpending(used, run)}.`);
  return {
    ...(used !== undefined && { spending: used }),
    ...(run !== undefined && { spentByRun: run }),
  };
}
