import { rewardOf } from '@rewardedit/annotate';
import type { Reward, Triplet } from '@rewardedit/core';
import { openDataset, type Picture } from '@rewardedit/data';
import { createOrder } from './order.ts';
import { createPictureCache } from './picture-cache.ts';

/** A triplet with its pictures decoded and its reward found. */
export interface Example {
  readonly triplet: Triplet;
  readonly source: Picture;
  readonly edited: Picture;
  readonly reward: Reward | undefined;
}

/** The dataset as training visits it: at position 0, 1, 2, ... without end. */
export interface Examples {
  /** Triplets in the dataset. */
  readonly count: number;
  at(position: number): Promise<Example>;
  close(): Promise<void>;
}

/**
 * Opens a dataset for training.
 *
 * @param rewards by id of the triplet; they come before a reward in the metadata.
 * @throws RewardEditError 'bad-input' at a picture that cannot be read, naming the file: none is replaced.
 */
export async function openExamples(
  folder: string,
  { size, seed, rewards }: { size: number; seed: number; rewards: ReadonlyMap<string, Reward> },
): Promise<Examples> {
  const dataset = await openDataset(folder);
  const index = await dataset.index();
  const order = createOrder(index.count, seed);
  const picture = createPictureCache(size);
  return {
    count: index.count,
    async at(position) {
      const triplet = await index.triplet(order(position));
      const [source, edited] = await Promise.all([
        picture(dataset.resolve(triplet.original)),
        picture(dataset.resolve(triplet.edited)),
      ]);
      return { triplet, source, edited, reward: rewardOf(triplet, rewards) };
    },
    close: () => index.close(),
  };
}
