import type { KernelStep } from '../codegen/shader.ts';
import type { Stored } from '../codegen/stored.ts';

/** From which step to which each tensor in the arena is needed. */
export function lifetimesOf(steps: readonly KernelStep[]): Map<Stored, { first: number; last: number }> {
  const found = new Map<Stored, { first: number; last: number }>();
  steps.forEach(({ tensors }, i) => {
    for (const tensor of tensors) {
      if (tensor.place.kind !== 'arena') continue;
      found.set(tensor, { first: found.get(tensor)?.first ?? i, last: i });
    }
  });
  return found;
}
