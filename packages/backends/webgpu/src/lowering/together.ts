import type { Tensor } from '@rewardedit/graph';
import { canBeTogether, tensorsRead } from '../kernels/reduce-together.ts';
import type { Reduction } from '../kernels/reduce.ts';
import type { PlannedKernel } from './lowering.ts';

/** A small reduction that is about to be emitted. */
interface Small {
  readonly tensor: Tensor;
  readonly reduction: Reduction;
}

/**
 * Groups small reductions of one kind among kernels that are about to be emitted, as many per group as a
 * kernel can bind, and returns the other kernels separately.
 *
 * @param maxTensors the most tensors that a kernel can bind.
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
    // One binding is for the results.
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
