import { rectified, rewardOf } from '@rewardedit/annotate';
import type { Reward, Rewrites, Triplet } from '@rewardedit/core';
import { openDataset } from '@rewardedit/data';
import { createOrder } from './order.ts';
import { createPictureCache, type PicturePair } from './picture-cache.ts';

/** A triplet with its decoded pictures and its reward. */
export interface Example extends PicturePair {
  readonly triplet: Triplet;
  readonly reward: Reward | undefined;
  /** Wrong instructions for it. */
  readonly wrong: readonly string[];
}

/** An endless sequence of examples, by position. */
export interface Examples {
  /** Number of triplets. */
  readonly count: number;
  at(position: number): Promise<Example>;
  close(): Promise<void>;
}

/**
 * Opens a dataset for training.
 *
 * @param positions of the triplets to train on in the dataset.
 * @param rewards by triplet id; they take precedence over a reward in the metadata.
 * @param rewrites other instructions by id; `rectify` trains with those that describe what a pair really shows.
 * @throws RewardEditError 'bad-input' naming a picture that cannot be read; none is replaced.
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
