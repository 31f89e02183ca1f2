import { createRandom } from '@rewardedit/core';

/**
 * The order in which a run visits the dataset: every epoch is a shuffle of its own, drawn from (seed, epoch) alone, so that any
 * position can be found again without remembering how it was reached.
 */
export function createOrder(count: number, seed: number): (position: number) => number {
  let epoch = -1;
  let shuffled: readonly number[] = [];
  return (position) => {
    const wanted = Math.floor(position / count);
    if (wanted !== epoch) {
      epoch = wanted;
      shuffled = createRandom(seed, 'order', epoch).permutation(count);
    }
    return shuffled[position % count];
  };
}
