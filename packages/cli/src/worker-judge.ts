import { resolve } from 'node:path';
import type { JudgeChoice, KeySource } from '@rewardedit/annotate';
import type { CreateJudge, RunSettings } from '@rewardedit/annotate/queue';

/**
 * What workers on other machines make the same judge from: the choice, with paths that hold on all of them. Neither keys nor
 * budgets: a worker has its own keys, and whoever annotates watches over what all spend together.
 */
export function runSettings({ budget: _budget, ...choice }: JudgeChoice, measure: boolean): RunSettings {
  const [kind, ...rest] = choice.judge.split(':');
  const judge = kind === 'ensemble' ? `ensemble:${resolve(rest.join(':'))}` : choice.judge;
  const paths = {
    replies: resolve(choice.replies),
    ...(choice.models !== undefined && { models: resolve(choice.models) }),
  };
  // Through JSON, as it travels: what is undefined is left out.
  return JSON.parse(JSON.stringify({ ...choice, ...paths, judge, measure })) as RunSettings;
}

/**
 * Makes the judge of a run from its settings, in a worker that judges so many triplets at once. Throws 'bad-input' where they
 * are those of another version.
 */
export function workerJudge(concurrency: number, keys: KeySource): CreateJudge {
  return async ({ measure, ...settings }) => {
    const { createJudge, judgeChoiceSchema, preserveMeasures } = await import('@rewardedit/annotate');
    const { RewardEditError } = await import('@rewardedit/core');
    const { data: choice, error } = judgeChoiceSchema.safeParse({ ...settings, concurrency, budget: {} });
    if (error !== undefined) {
      throw new RewardEditError('bad-input', 'the settings of the run are not those of this version', {
        hint: 'install the same version of rewardedit where the run was started and on all workers',
        cause: error,
      });
    }
    const { judge, spending } = await createJudge(choice, keys);
    return {
      judge,
      ...(measure === true && { measure: preserveMeasures }),
      ...(spending !== undefined && {
        spent: () => ({ calls: spending().calls, dollars: spending().dollars ?? 0 }),
      }),
    };
  };
}
