import type { Access, Amount, JudgeChoice, OpenedJudge, Spending } from '@rewardedit/annotate';
import { formatSpending } from '../output/format-spending.ts';

/** Opens a judge for some work, prints its warnings first, and closes it afterwards. */
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

/** Stores the budget with the run before any request, and notes that, and models that are about to be shut down. */
export async function prepareJudge(opened: OpenedJudge, note: (message: string) => void): Promise<void> {
  if (opened.models.length > 0) (await import('@rewardedit/core')).keepHeapSmall();
  await warnOfRetirement(opened, note);
  const notice = await opened.keepBudget?.();
  if (notice !== undefined) note(notice);
}

/** Warns of models that are about to be shut down. */
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

/** What was spent, as in reports. */
export type Spent = {
  readonly spending?: Spending;
  /** By all processes of the run, over all days. */
  readonly spentByRun?: Amount;
};

/** Prints what a judge has spent, if it used any replies. */
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
