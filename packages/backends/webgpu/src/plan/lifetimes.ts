import { sizeOf } from '@rewardedit/graph';
import { bytesPerElement, type DeviceTraits, type KernelStep } from '../codegen/shader.ts';
import type { Stored } from '../codegen/stored.ts';
import { layOut, type Arena, type Placement } from './arena.ts';

/** Device limits that the arena depends on. */
interface Limits {
  readonly minStorageBufferOffsetAlignment: number;
  readonly maxBufferSize: number;
}

/** Plans the arena of a program: the placement of each intermediate value during its lifetime. */
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
    // Shaders may bind any tensor as vectors of four.
    alignment: Math.max(16, limits.minStorageBufferOffsetAlignment),
    maxSegment: limits.maxBufferSize,
  });
  return { arena, placements: new Map(lifetimes.map(({ tensor }, i) => [tensor, arena.placements[i]])) };
}

/** The first and last step that uses each tensor in the arena. */
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
