import { nodesOf, sizeOf, type Program } from '@rewardedit/graph';

/** Below so many numbers in a program's largest result, starting its nodes costs about as much as computing them. */
const SMALL = 2 ** 18;

/** A processor with few cores is busy with one sample: joining several only saves the start of each node. */
export function batchPays(program: Program): boolean {
  const largest = nodesOf(program).reduce((most, { shape }) => Math.max(most, sizeOf(shape)), 0);
  return largest <= SMALL;
}
