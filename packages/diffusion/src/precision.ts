import type { NetworkTypes } from '@rewardedit/models';

/** The element types that networks compute in. */
export const PRECISIONS = ['f32', 'f16'] as const;

/**
 * What a network stores and multiplies in. With f16, sums and statistics are f32 all the same, and so is what a sampler
 * works on between two runs of the network.
 */
export type Precision = (typeof PRECISIONS)[number];

/** Types of a network that only runs: weights are kept as they are multiplied. */
export function typesToRun(precision: Precision): NetworkTypes {
  return { parameters: precision, layers: precision };
}

/** Types of a network that is trained: f16 would lose small changes of a weight, which is therefore kept in f32. */
export function typesToTrain(precision: Precision): NetworkTypes {
  return { parameters: 'f32', layers: precision };
}
