import type { Emit } from '@rewardedit/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { Backend } from './backend.ts';
import { totalMemory, type MemoryNeed } from './memory.ts';

/**
 * Reports the memory that some work needs, before any of it is allocated. Warns if it exceeds the memory that
 * is free now, because other programs may release some.
 *
 * @param what the work, as a message begins with it: `Training`.
 * @param hint how to reduce the need.
 * @throws RewardEditError 'failed' if the need exceeds the total memory.
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
      `${what} needs about ${gigabytes(total)} of memory, but ${backend.name} has only ${gigabytes(limit)}`,
      { hint },
    );
  }
  if (total > available) {
    const message = `${what} needs about ${gigabytes(total)} of memory, but only ${gigabytes(available)} are free now: the process may be killed or become very slow.`;
    emit({ type: 'warning', message: `${message} ${hint}` });
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
