import { channelsLast } from '../codegen/stored.ts';

/** The memory order of a state entry's axes: channels last, for convolution weights and pictures. */
export function stateOrder({ length }: readonly number[]): number[] {
  return length === 4 ? channelsLast(4) : Array.from({ length }, (_, axis) => axis);
}
