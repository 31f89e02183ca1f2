import type { NetworkTypes } from '@rewardedit/models';

/** The element types that networks compute in. */
export const PRECISIONS = ['f32', 'f16'] as const;

/** Element type in which networks store and multiply. With f16, sums, statistics and the sampler's state are still f32. */
export type Precision = (typeof PRECISIONS)[number];

/** Returns the types of a network for inference: weights are stored as they are multiplied. */
export function typesToRun(precision: Precision): NetworkTypes {
  return { parameters: precision, layers: precision };
}

/** Returns the types of a network for training: weights stay in f32, because f16 would lose small updates. */
export function typesToTrain(precision: Precision): NetworkTypes {
  return { parameters: 'f32', layers: precision };
}
