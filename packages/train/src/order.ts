import { createRandom } from '@rewardedit/core';

/**
 * The order in which a run visits the dataset: every epoch is a shuffle of its own, drawn from (seed, epoch) alone, so that any
 * position can be found again without remembering how it was reached.
 */
export function createOrder(count: number, seed: number): (position: number) => number {
  let epoch = -1;
  let shuffled: Uint32Array = new Uint32Array(0);
  return (position) => {
    const wanted = Math.floor(position / count);
    if (wanted !== epoch) {
      epoch = wanted;
      shuffled = permutation(count, seed, epoch);
    }
    return shuffled[position % count];
  };
}

/** Fisher and Yates' shuffle of 0 .. count - 1. */
function permutation(count: number, seed: number, epoch: number): Uint32Array {
  const random = createRandom(seed, 'order', epoch);
  const indices = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [indices[i], indices[j]] = [indices[j], indices[i]];
  }
  return indices;
}
