import { channelsLast } from '../codegen/stored.ts';

/** The order of a state entry's axes in memory: weights of convolutions, and pictures, with the channels last. */
export function stateOrder({ length }: readonly number[]): number[] {
  return length === 4 ? channelsLast(4) : Array.from({ length }, (_, axis) => axis);
}
