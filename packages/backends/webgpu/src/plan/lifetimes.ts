import { sizeOf } from '@rewardedit/graph';
import { bytesPerElement, type DeviceTraits, type KernelStep } from '../codegen/shader.ts';
import type { Stored } from '../codegen/stored.ts';
import { layOut, type Arena, type Placement } from './arena.ts';

/** Limits of a device that the arena depends on. */
interface Limits {
  readonly minStorageBufferOffsetAlignment: number;
  readonly maxBufferSize: number;
}

/** Lays out the arena of a plan: where each intermediate value lies while it is needed. */
export function layOutSteps(
  steps: readonly KernelStep[],
  traits: DeviceTraits,
  limits: Limits,
): { arena: Arena; placements: Map<Stored, Placement> } {
  const lifetimes = [...lifetimesOf(steps)].map(([tensor, { first, last }]) => ({
    tensor,
    bytes: sizeOf(tensor.shape) * bytesPerElement(tensor.dtype, traits),
    first,
    last,
  }));
  const arena = layOut(lifetimes, {
    // Shaders may see any tensor as vectors of four numbers.
    alignment: Math.max(16, limits.minStorageBufferOffsetAlignment),
    maxSegment: limits.maxBufferSize,
  });
  return { arena, placements: new Map(lifetimes.map(({ tensor }, i) => [tensor, arena.placements[i]])) };
}

/** From which step to which each tensor in the arena is needed. */
function lifetimesOf(steps: readonly KernelStep[]): Map<Stored, { first: number; last: number }> {
  const found = new Map<Stored, { first: number; last: number }>();
  steps.forEach(({ tensors }, i) => {
    for (const tensor of tensors) {
      if (tensor.place.kind !== 'arena') continue;
      found.set(tensor, { first: found.get(tensor)?.first ?? i, last: i });
    }
  });
  return found;
}
