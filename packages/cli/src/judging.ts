import type { AnnotateSummary, JudgeChoice, OpenedJudge } from '@rewardedit/annotate';
import type { Emit } from '@rewardedit/core';
import type { AnnotationPlan } from './annotation-plan.ts';
import { formatDollars, formatSpending } from './format-spending.ts';
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

/** Lets a judge do what is planned, as a phase of the command's run, with what it spends. */
export async function judgeAll(
  longWork: LongWork,
  { triplets: total, run }: AnnotationPlan,
  { judge, inFlight, breakAfter, spending }: OpenedJudge,
  { choice, measure, includes, ...asked }: JudgeAllOptions,
): Promise<AnnotateSummary> {
  const { preserveMeasures } = await import('@rewardedit/annotate');
  return longWork({ phase: 'Judging', unit: 'triplets', total }, async (emit, signal) => {
    // What the workers of a queue spend, all together.
    let workers: { readonly calls: number; readonly dollars: number } | undefined;
    const onSpent = (spent: NonNullable<typeof workers>) => {
      workers = spent;
    };
    const tell: Emit = (event) => {
      const spent = workers ?? spending?.();
      if (spent !== undefined && (event.type === 'judged' || event.type === 'quarantined'))
        emit({ type: 'spending', calls: spent.calls, dollars: spent.dollars, budget: choice.budget });
      emit(event);
    };
    try {
      const summary = await run({
        ...{ judge, concurrency: inFlight, ...asked, signal, emit: tell, onSpent },
        settings: runSettings(choice, measure),
        ...(measure && { measure: preserveMeasures }),
        ...(includes !== undefined && { includes }),
        ...(breakAfter !== undefined && { breakAfter }),
      });
      if (workers !== undefined) {
        const cost = workers.dollars > 0 ? `, for ${formatDollars(workers.dollars)}` : '';
        emit({ type: 'log', message: `The workers made ${workers.calls} calls${cost}.` });
      }
      return summary;
    } catch (error) {
      // What was spent is of interest however the run ended.
      if (spending !== undefined && spending().calls > 0)
        emit({ type: 'log', message: `Used: ${formatSpending(spending())}` });
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
