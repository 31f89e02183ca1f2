import { createRandom } from '@rewardedit/core';

/**
 * Returns the order in which a run visits the dataset. Each epoch is a shuffle determined by (seed, epoch) alone, so any position can be resumed
 * without stored state.
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
