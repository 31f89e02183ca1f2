import type { Tensor } from '@rewardedit/graph';
import { canBeTogether, tensorsRead } from '../kernels/reduce-together.ts';
import type { Reduction } from '../kernels/reduce.ts';
import type { PlannedKernel } from './lowering.ts';

/** A small reduction that is about to be computed. */
interface Small {
  readonly tensor: Tensor;
  readonly reduction: Reduction;
}

/**
 * Splits kernels that are about to be computed in small reductions of one combination, as many together as a kernel can bind, and the rest.
 *
 * @param maxTensors how many tensors a kernel can read and write.
 */
export function groupReductions(
  kernels: readonly (readonly [Tensor, PlannedKernel])[],
  maxTensors: number,
): { groups: readonly Small[][]; others: readonly (readonly [Tensor, PlannedKernel])[] } {
  const open = new Map<string, { members: Small[]; read: number }>();
  const all: Small[][] = [];
  for (const [tensor, { reduction }] of kernels) {
    if (!reduction || !canBeTogether(reduction)) continue;
    const read = tensorsRead(reduction);
    const key = `${reduction.combination.name} ${tensor.dtype}`;
    const group = open.get(key);
    // The results are one tensor more.
    if (group && group.read + read < maxTensors) {
      group.members.push({ tensor, reduction });
      group.read += read;
    } else {
      const members = [{ tensor, reduction }];
      open.set(key, { members, read });
      all.push(members);
    }
  }
  const groups = all.filter(({ length }) => length > 1);
  const grouped = new Set(groups.flat().map(({ tensor }) => tensor));
  return { groups, others: kernels.filter(([tensor]) => !grouped.has(tensor)) };
}
