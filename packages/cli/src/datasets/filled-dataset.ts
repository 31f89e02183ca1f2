import { RewardEditError } from '@rewardedit/core/errors';
import type { Dataset } from '@rewardedit/data';

/**
 * Opens a dataset that has at least one triplet, and counts its triplets.
 *
 * @throws RewardEditError 'bad-input' if the path is not a dataset, or the dataset is empty.
 */
export async function openFilledDataset(path: string): Promise<{ dataset: Dataset; triplets: number }> {
  const { openDataset } = await import('@rewardedit/data');
  const dataset = await openDataset(path);
  const index = await dataset.index();
  await index.close();
  if (index.count > 0) return { dataset, triplets: index.count };
  throw new RewardEditError('bad-input', 'the dataset has no triplets', {
    where: dataset.metadata,
    hint: 'generate some with `rewardedit data scenes`, or choose another dataset',
  });
}
