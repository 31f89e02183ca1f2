import { RewardEditError } from '@rewardedit/core';
import type { OpenedModel } from '../judges/judge-choice.ts';
import { readOpenBatches } from './batch-journal.ts';

/** Throws `usage` if batches for one of these models are under way: to ask the model directly would pay for the same replies twice. */
export async function assertNothingUnderWay(answers: string, models: readonly OpenedModel[]): Promise<void> {
  const asked = models.flatMap(({ model, connection }) =>
    connection === undefined ? [] : [`${connection.host} ${model}`],
  );
  if (asked.length === 0) return;
  const { path, files } = await readOpenBatches(answers);
  const count = files.filter(
    ({ stage, server, model }) =>
      ['submitting', 'submitted'].includes(stage) && asked.includes(`${server} ${model}`),
  ).length;
  if (count === 0) return;
  const what = count === 1 ? 'a batch is' : `${count} batches are`;
  throw new RewardEditError('usage', `${what} under way, so asking now would pay twice`, {
    where: path,
    hint: 'collect them with --batch; or move this file away to give them up',
  });
}
