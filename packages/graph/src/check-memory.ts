import type { Emit } from '@rewardedit/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { Backend } from './backend.ts';
import { totalMemory, type MemoryNeed } from './memory.ts';

/**
 * Holds what some work needs against what there is, before any of it is allocated, and tells it. Where it is more than could be had at
 * present, a warning says so: other programs may give some back.
 *
 * @param what the work, as a message begins with it: `Training`.
 * @param hint how it could do with less.
 * @throws RewardEditError 'failed' where it is more than there is at all.
 */
export function checkMemory(
  need: MemoryNeed,
  backend: Pick<Backend, 'name' | 'availableMemory' | 'memoryLimit'>,
  { what, hint, emit }: { readonly what: string; readonly hint: string; readonly emit: Emit },
): void {
  emit({ type: 'memory', ...need });
  const total = totalMemory(need);
  const [available, limit] = [backend.availableMemory(), backend.memoryLimit()];
  if (total > limit) {
    throw new RewardEditError(
      'failed',
      `${what} needs about ${gigabytes(total)} of memory, and there are ${gigabytes(limit)} for ${backend.name}`,
      { hint },
    );
  }
  if (total > available) {
    const message = `${what} needs about ${gigabytes(total)} of memory, of which ${gigabytes(available)} are free now: it may be ended or become very slow.`;
    emit({ type: 'warning', message: `${message} ${hint}` });
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
