import type { Judge } from '@rewardedit/annotate';
import type { Dataset } from '@rewardedit/data';
import type { CanaryReport } from '@rewardedit/eval';
import type { LongWork } from '../running/command-context.ts';

/** Tests a judge on questions with known answers, as a phase of the command's run. */
export async function tryCanaries(dataset: Dataset, judge: Judge, longWork: LongWork): Promise<CanaryReport> {
  const { CANARY_ANSWERS, runCanaries } = await import('@rewardedit/eval');
  return longWork(
    { phase: 'Testing the judge', unit: 'answers', total: CANARY_ANSWERS },
    async ({ emit, signal }) => runCanaries({ dataset, judge, signal, emit }),
  );
}
