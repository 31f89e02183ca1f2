import { RewardEditError } from '@rewardedit/core/errors';
import type { Dataset } from '@rewardedit/data';

/**
 * Opens a dataset that something is to be done with; gives the number of its triplets too.
 *
 * @throws RewardEditError 'bad-input' where there is no dataset, or no triplet in it.
 */
export async function openFilledDataset(path: string): Promise<{ dataset: Dataset; triplets: number }> {
  const { openDataset } = await import('@rewardedit/data');
  const dataset = await openDataset(path);
  const index = await dataset.index();
  await index.close();
  if (index.count > 0) return { dataset, triplets: index.count };
  throw new RewardEditError('bad-input', 'the dataset has no triplets', {
    where: dataset.metadata,
    hint: 'make some with `rewardedit data`, or name another dataset',
  });
}
