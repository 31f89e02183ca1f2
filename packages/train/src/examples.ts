import { rectified, rewardOf } from '@rewardedit/annotate';
import type { Reward, Rewrites, Triplet } from '@rewardedit/core';
import { openDataset } from '@rewardedit/data';
import { createOrder } from './order.ts';
import { createPictureCache, type PicturePair } from './picture-cache.ts';

/** A triplet with its pictures decoded and its reward found. */
export interface Example extends PicturePair {
  readonly triplet: Triplet;
  readonly reward: Reward | undefined;
  /** Instructions that are wrong for it. */
  readonly wrong: readonly string[];
}

/** The dataset as training visits it: at position 0, 1, 2, ... without end. */
export interface Examples {
  /** Triplets that are trained on. */
  readonly count: number;
  at(position: number): Promise<Example>;
  close(): Promise<void>;
}

/**
 * Opens a dataset for training.
 *
 * @param positions of the triplets in the dataset that are trained on.
 * @param rewards by id of the triplet; they come before a reward in the metadata.
 * @param rewrites other instructions by id; with `rectify`, those that say what pairs really show are trained with.
 * @throws RewardEditError 'bad-input' at a picture that cannot be read, naming the file: none is replaced.
 */
export async function openExamples(
  folder: string,
  {
    size,
    seed,
    rewards,
    rewrites,
    rectify,
    positions,
  }: {
    size: number;
    seed: number;
    rewards: ReadonlyMap<string, Reward>;
    rewrites: ReadonlyMap<string, Rewrites>;
    rectify: boolean;
    positions: readonly number[];
  },
): Promise<Examples> {
  const dataset = await openDataset(folder);
  const index = await dataset.index();
  const order = createOrder(positions.length, seed);
  const pictures = createPictureCache(size);
  return {
    count: positions.length,
    async at(position) {
      const found = await index.triplet(positions[order(position)]);
      const triplet = rectify ? rectified(found, rewrites) : found;
      const pair = await pictures({
        original: dataset.resolve(triplet.original),
        edited: dataset.resolve(triplet.edited),
      });
      const wrong = rewrites.get(triplet.id)?.wrong ?? [];
      return { triplet, ...pair, reward: rewardOf(triplet, rewards), wrong };
    },
    close: () => index.close(),
  };
}
