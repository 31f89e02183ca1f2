import type { CreateJudge } from '@rewardedit/annotate/queue';

/** Makes the judge that the settings of a run name, in the process that annotates and in workers alike. */
export const createJudge: CreateJudge = async ({ judge }) => {
  const { RewardEditError } = await import('@rewardedit/core');
  const { createOracle } = await import('@rewardedit/annotate');
  if (judge === 'oracle') return { judge: createOracle() };
  throw new RewardEditError('bad-input', `there is no judge ${JSON.stringify(judge)} in this version`, {
    hint: 'install the same version of rewardedit where the run was started and on all workers',
  });
};
