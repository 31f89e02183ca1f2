import type { AnnotateSummary, JudgeChoice, OpenedJudge } from '@rewardedit/annotate';
import type { Emit, EventBody } from '@rewardedit/core';
import type { AnnotationPlan } from './annotation-plan.ts';
import { formatDollars, formatRun, formatSpending } from './format-spending.ts';
import { runSettings } from './worker-judge.ts';

export type JudgeAllOptions = {
  readonly choice: JudgeChoice;
  readonly retryQuarantined: boolean;
  readonly adopt: boolean;
  readonly keepChanged: boolean;
  readonly measure: boolean;
  readonly includes: ((id: string) => boolean) | undefined;
};

type LongWork = <Result>(
  phase: { readonly phase: string; readonly unit: string; readonly total: number },
  work: (emit: Emit, signal: AbortSignal) => Promise<Result>,
) => Promise<Result>;

type Spent = Extract<EventBody, { type: 'spending' }>;

/** Lets a judge do what is planned, as a phase of the command's run, with what it spends. */
export async function judgeAll(
  longWork: LongWork,
  { triplets: total, run, byWorkers }: AnnotationPlan,
  { judge, inFlight, breakAfter, budget = {}, spending, spentByRun }: OpenedJudge,
  { choice, measure, includes, ...asked }: JudgeAllOptions,
): Promise<AnnotateSummary> {
  const { isLimited, preserveMeasures } = await import('@rewardedit/annotate');
  return longWork({ phase: 'Judging', unit: 'triplets', total }, async (emit, signal) => {
    // What the workers of a queue have spent, all together.
    let workers: Spent | undefined;
    const tell: Emit = (event) => {
      if (event.type !== 'spending' || byWorkers !== true) {
        emit(event);
        return;
      }
      workers = event;
      emit({ ...event, ...(isLimited(budget) && { budget }) });
    };
    const tellWorkers = async ({ calls, dollars = 0 }: Spent) => {
      const cost = dollars > 0 ? `, for ${formatDollars(dollars)}` : '';
      const all = await spentByRun?.();
      const further = all === undefined || all.calls <= calls ? '' : `; ${formatRun(all)}`;
      emit({ type: 'log', message: `The workers made ${calls} calls${cost}${further}.` });
    };
    try {
      const summary = await run({
        ...{ judge, concurrency: inFlight, ...asked, signal, emit: tell },
        settings: runSettings({ ...choice, budget }, measure),
        ...(measure && { measure: preserveMeasures }),
        ...(includes !== undefined && { includes }),
        ...(breakAfter !== undefined && { breakAfter }),
      });
      if (workers !== undefined) await tellWorkers(workers);
      return summary;
    } catch (error) {
      // What was spent is of interest however the run ended.
      if (workers !== undefined) await tellWorkers(workers);
      else if (spending !== undefined && spending().calls > 0)
        emit({ type: 'log', message: `Used: ${formatSpending(spending(), await spentByRun?.())}` });
      throw error;
    }
  });
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
