import type {
  Amount,
  AnnotateSummary,
  JournalAdvice,
  Judge,
  JudgeChoice,
  OpenedJudge,
} from '@rewardedit/annotate';
import type { Emit, RunRequests } from '@rewardedit/core';
import { formatDollars } from '@rewardedit/core/text';
import type { LongWork } from '../running/command-context.ts';
import type { AnnotationPlan } from './annotation-plan.ts';
import { formatRun, formatSpending } from '../output/format-spending.ts';
import { runSettings } from './worker-judge.ts';

export type JudgeAllOptions = {
  readonly choice: JudgeChoice;
  readonly retryQuarantined: boolean;
  readonly adopt: boolean;
  readonly keepChanged: boolean;
  readonly measure: boolean;
  readonly includes: ((id: string) => boolean) | undefined;
  /** Replaces the advice of `annotate`. */
  readonly advice?: JournalAdvice | undefined;
};

const NOTHING_SPENT: Amount = { calls: 0, tokens: 0, dollars: 0 };

/** Runs a plan as a phase of the command's run, and reports what it spends. */
export async function judgeAll(
  longWork: LongWork,
  { triplets: total, run, byWorkers }: AnnotationPlan,
  { judge, inFlight, notice, breakAfter, budget = {}, spending, spentByRun }: OpenedJudge,
  { choice, measure, includes, advice, ...asked }: JudgeAllOptions,
): Promise<AnnotateSummary> {
  const { isLimited, preserveMeasures } = await import('@rewardedit/annotate');
  const phase = { phase: 'Judging', unit: 'triplets', total, requests: ['pause'] } as const;
  return longWork(phase, async ({ emit, signal, requests }) => {
    if (notice !== undefined && byWorkers !== true) emit({ type: 'warning', message: notice });
    const before = byWorkers === true ? await spentByRun?.() : undefined;
    const report: Emit = (event) =>
      emit(event.type === 'spending' && before && isLimited(budget) ? { ...event, budget } : event);
    const tellWorkers = async ({ calls, dollars }: Amount) => {
      const all = (await spentByRun?.()) ?? NOTHING_SPENT;
      if (all.calls === calls) return;
      const cost = all.dollars > dollars ? `, for ${formatDollars(all.dollars - dollars)}` : '';
      const further = calls > 0 ? `; ${formatRun(all)}` : '';
      emit({ type: 'log', message: `The workers made ${all.calls - calls} calls${cost}${further}.` });
    };
    try {
      const summary = await run({
        ...{
          ...asked,
          judge: pausable(judge, requests),
          concurrency: inFlight,
          requests,
          signal,
          emit: report,
        },
        settings: runSettings({ ...choice, budget }, measure),
        spent: spentByRun,
        ...(measure && { measure: preserveMeasures }),
        ...(includes !== undefined && { includes }),
        ...(advice !== undefined && { advice }),
        ...(breakAfter !== undefined && { breakAfter }),
      });
      if (before !== undefined) await tellWorkers(before);
      return summary;
    } catch (error) {
      // Report what was spent however the run ended.
      if (before !== undefined) await tellWorkers(before);
      else if (spending !== undefined && spending().calls > 0)
        emit({ type: 'log', message: `Used: ${formatSpending(spending(), await spentByRun?.())}` });
      throw error;
    }
  });
}

/** A judge that starts nothing while the run is paused. */
function pausable(judge: Judge, requests: RunRequests): Judge {
  return {
    ...judge,
    async judge(triplet, context) {
      await requests.whilePaused(context.signal);
      return judge.judge(triplet, context);
    },
  };
}
